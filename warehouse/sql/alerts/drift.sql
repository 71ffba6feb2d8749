-- Scores of the night's day that are spread otherwise than in the four weeks before.
SELECT platform || '/' || account AS account, label, NULL AS subject,
    format('scores of {} are spread otherwise than in the four weeks before (PSI {:.2f})', replace(label, '_', ' '), psi) AS said
FROM drift_between($night, $night) WHERE is_shift AND comments >= $least_comments ORDER BY psi DESC;
