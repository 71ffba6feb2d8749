-- Scores and languages of the night's day that are spread otherwise than in the four weeks before.
SELECT platform || '/' || account AS account, label, NULL AS subject,
    format('{} are spread otherwise than in the four weeks before (PSI {:.2f})',
        CASE label WHEN 'language' THEN 'languages' ELSE 'scores of ' || replace(label, '_', ' ') END, psi) AS said
FROM drift JOIN champion USING (model) WHERE day = $night::DATE AND is_shift AND comments >= $least_comments ORDER BY psi DESC;
