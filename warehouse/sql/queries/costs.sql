-- What do 1,000 new comments cost, by client (tag) and month?
SELECT date_trunc('month', night)::DATE AS month, unnest(tags) AS client, sum(cost_usd) AS usd, sum(new_comments)::BIGINT AS new_comments,
    1000 * sum(cost_usd) / nullif(sum(new_comments), 0) AS usd_per_1000, sum(compute_seconds) AS compute_seconds
FROM costs JOIN accounts USING (platform, account) GROUP BY ALL ORDER BY month DESC, usd DESC, client;
