-- A category's share of a night's day, far over the account's own days before: robust, and never by raw counts.
WITH before AS (
    SELECT platform, account, label, median(share) AS usual, greatest(1.4826 * mad(share), 0.005) AS spread
    FROM daily
    WHERE day BETWEEN $night::DATE - 28 AND $night::DATE - 1 AND comments >= $least_comments
    GROUP BY ALL HAVING count(*) >= 5
)
SELECT d.platform || '/' || d.account AS account, d.label AS label, NULL AS subject,
    format('{} is expected in {:.1f} % of {} comments, in {:.1f} % on its usual days', replace(d.label, '_', ' '),
        100 * d.share, d.comments, 100 * b.usual) AS said
FROM daily d JOIN before b USING (platform, account, label)
WHERE d.day = $night::DATE AND d.comments >= $least_comments AND list_contains($labels, d.label)
    AND d.share - d.margin > b.usual + $deviations * b.spread
ORDER BY (d.share - b.usual) / b.spread DESC;
