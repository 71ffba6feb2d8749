-- Who are the repeat offenders (by pseudonym)?
SELECT left(author_hash, 8) AS author, platform, comments, expected_toxic, worst, accounts, last_day
FROM by_author WHERE comments >= 3 AND expected_toxic >= 2
ORDER BY expected_toxic DESC LIMIT 10;
