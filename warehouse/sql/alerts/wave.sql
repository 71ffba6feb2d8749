-- A wave of abuse on the day, with at least $least_flagged flagged comments.
SELECT platform || '/' || account AS account, 'toxic' AS label, NULL AS subject,
    format('wave of abuse: {} of {} comments flagged, an estimated {:.1f}% toxic, usually {:.1f}%', flagged,
        comments, 100 * share, 100 * usual) AS message
FROM waves WHERE day = $night::DATE AND flagged >= $least_flagged ORDER BY share DESC;
