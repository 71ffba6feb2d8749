-- What do 1,000 new comments cost, by client (tag) and month?
WITH of_clients AS (
    SELECT date_trunc('month', c.night)::DATE AS month, unnest(a.tags) AS client, c.cost_usd, c.new_comments, c.compute_seconds
    FROM costs c JOIN accounts a USING (platform, account)
)
SELECT month, client, round(sum(cost_usd), 4) AS usd, sum(new_comments)::BIGINT AS new_comments,
    round(1000 * sum(cost_usd) / nullif(sum(new_comments), 0), 4) AS usd_per_1000,
    round(sum(compute_seconds), 1) AS compute_seconds
FROM of_clients GROUP BY ALL ORDER BY month DESC, usd DESC, client;
