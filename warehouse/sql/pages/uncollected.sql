-- Accounts with errors in the last night: whether nothing was collected, why, and since which night.
WITH of_accounts AS (SELECT platform, account, max(last_night) AS night FROM collected GROUP BY ALL),
last_night AS (SELECT max(night) AS night FROM (SELECT night FROM of_accounts UNION ALL SELECT night FROM runs UNION ALL SELECT night FROM ingest_errors))
SELECT e.platform || '/' || e.account AS account, max_by(e.error, e.night) AS error, max(e.night) AS night,
    coalesce(max(c.night) < max(e.night), true) AS is_refused,
    min(e.night) FILTER (c.night IS NULL OR e.night > c.night) AS since
FROM ingest_errors e LEFT JOIN of_accounts c USING (platform, account) LEFT JOIN accounts a USING (platform, account)
WHERE $tag IS NULL OR list_contains(a.tags, $tag)
GROUP BY ALL HAVING max(e.night) = (SELECT night FROM last_night) ORDER BY is_refused DESC, account;
