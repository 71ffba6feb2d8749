-- Repeat offenders on this account, by pseudonym: authors of at least two flagged comments in the period.
WITH flagged AS (
    SELECT author_hash, count(*) AS flagged FROM flagged_comments
    WHERE day BETWEEN $first AND $last AND is_of(platform, account, $account) AND has_score AND (NOT is_spam OR spam_is_counted())
        AND author_hash IS NOT NULL
    GROUP BY author_hash HAVING count(*) >= 2
)
SELECT left(author_hash, 8) AS author, sum(comments)::BIGINT AS comments, flagged, sum(expected) AS toxic, max(worst) AS worst, max(day) AS last_seen
FROM flagged JOIN author_days USING (author_hash) JOIN champion USING (model)
WHERE day BETWEEN $first AND $last AND is_of(platform, account, $account)
GROUP BY author_hash, flagged ORDER BY flagged DESC, toxic DESC LIMIT 8;
