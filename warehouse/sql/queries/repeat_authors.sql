-- Who are the repeat offenders (by pseudonym)?
SELECT left(author_hash, 8) AS author, platform, count(*) AS comments, count(*) FILTER (len(flags) > 0) AS flagged,
    max(toxic) AS worst, count(DISTINCT account) AS accounts, max(day) AS last_day
FROM comments_scored WHERE author_hash IS NOT NULL AND toxic IS NOT NULL
GROUP BY ALL HAVING flagged >= 2 ORDER BY flagged DESC LIMIT 10;
