-- Repeat offenders on this account, by pseudonym: authors of at least two flagged comments in the period.
SELECT left(author_hash, 8) AS author, count(*) AS comments, count(*) FILTER (len(flags) > 0) AS flagged, sum(toxic) AS toxic,
    max(toxic) AS worst, max(day) AS last_seen
FROM comments_like($first, $last, $account, NULL, NULL, NULL, NULL, NULL, NULL, NULL) WHERE author_hash IS NOT NULL AND toxic IS NOT NULL
GROUP BY author_hash HAVING flagged >= 2 ORDER BY flagged DESC, toxic DESC LIMIT 8;
