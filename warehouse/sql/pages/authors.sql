-- Repeat offenders on this account, by pseudonym.
SELECT left(d.author_hash, 8) AS author, sum(d.comments)::BIGINT AS comments, sum(d.expected) AS toxic,
    max(d.worst) AS worst, max(d.day) AS last_seen
FROM author_days d JOIN champion USING (model)
WHERE is_of(d.platform, d.account, $account) AND d.day BETWEEN $first AND $last
GROUP BY d.author_hash HAVING sum(d.comments) >= 2 AND sum(d.expected) >= 1 ORDER BY toxic DESC LIMIT 8;
