-- Who writes toxic comments again and again (pseudonyms)?
SELECT platform, left(author_hash, 8) AS author, comments, expected_toxic, worst, accounts, first_day, last_day
FROM by_author WHERE comments >= 3 AND expected_toxic >= 2
ORDER BY expected_toxic DESC LIMIT 10;
