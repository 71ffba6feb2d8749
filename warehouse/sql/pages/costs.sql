-- What 1,000 new comments cost, by month, for each account and each tag.
WITH shown AS (
    SELECT c.*, a.tags, date_trunc('month', night)::DATE AS month FROM costs c LEFT JOIN accounts a USING (platform, account)
    WHERE is_of(c.platform, c.account, $only) AND is_among(c.platform, c.account, $places)
),
sections AS (
    SELECT month, 'account' AS kind, platform || '/' || account AS name, cost_usd, new_comments, compute_seconds FROM shown
    UNION ALL
    SELECT month, 'tag', unnest(tags), cost_usd, new_comments, compute_seconds FROM shown
)
SELECT month, kind, name, sum(cost_usd) AS cost_usd, sum(new_comments)::BIGINT AS new_comments,
    1000 * sum(cost_usd) / nullif(sum(new_comments), 0) AS usd_per_1000, sum(compute_seconds) AS compute_seconds
FROM sections GROUP BY ALL ORDER BY month DESC, kind, cost_usd DESC, name;
