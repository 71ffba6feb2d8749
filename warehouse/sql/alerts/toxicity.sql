-- A category's share of the day is far above the account's usual: share − margin > median + deviations × robust spread.
WITH before AS (
    SELECT platform, account, label, median(share) AS usual, greatest(1.4826 * mad(share), 0.005) AS spread
    FROM daily
    WHERE day BETWEEN $night::DATE - usual_days() AND $night::DATE - 1 AND comments >= $least_comments
    GROUP BY ALL HAVING count(*) >= 5
)
SELECT d.platform || '/' || d.account AS account, d.label AS label, NULL AS subject,
    format('an estimated {:.1f}% of {} comments {}, usually {:.1f}%', 100 * d.share, d.comments,
        CASE d.label WHEN 'severe_toxic' THEN 'are severely toxic' WHEN 'identity_hate' THEN 'contain identity hate'
            WHEN 'threat' THEN 'are threats' WHEN 'insult' THEN 'are insults' ELSE 'are ' || d.label END, 100 * b.usual) AS message
FROM daily d JOIN before b USING (platform, account, label)
WHERE d.day = $night::DATE AND d.comments >= $least_comments AND list_contains($labels, d.label)
    AND d.share - d.margin > b.usual + $deviations * b.spread
ORDER BY (d.share - b.usual) / b.spread DESC;
