-- On which days was an account's section far more toxic than it usually is?
WITH usual AS (
    SELECT platform, account, median(share) AS median_share, mad(share) AS deviation
    FROM daily WHERE label = 'toxic' AND NOT is_small GROUP BY ALL
)
SELECT d.platform || '/' || d.account AS account, d.day, d.comments, d.share, u.median_share AS usual, d.flagged
FROM daily d JOIN usual u USING (platform, account)
WHERE d.label = 'toxic' AND NOT d.is_small AND d.share - d.margin > u.median_share + 3 * greatest(u.deviation, 0.01)
ORDER BY d.share - u.median_share DESC LIMIT 10;
