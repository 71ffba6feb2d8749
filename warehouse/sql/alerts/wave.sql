-- A wave of abuse on the night's day, with more comments flagged than $least_flagged.
SELECT platform || '/' || account AS account, 'toxic' AS label, NULL AS subject,
    format('a wave: {} of {} comments are flagged, {:.1f} % are expected to be toxic, {:.1f} % usually are', flagged,
        comments, 100 * share, 100 * usual) AS said
FROM waves WHERE day = $night::DATE AND flagged >= $least_flagged ORDER BY share DESC;
