-- For each threshold: how many comments of the period it marks as spam, and the estimated share of them that are.
WITH probabilities AS (
    SELECT floor(spam::DOUBLE * 100) AS step, count(*) AS comments, sum(spam::DOUBLE) AS expected
    FROM comments WHERE posted_at >= $first::DATE AND posted_at < $last::DATE + 1 AND spam IS NOT NULL GROUP BY ALL
)
SELECT choice / 100 AS spam_from, coalesce(sum(comments), 0)::BIGINT AS spam, sum(expected) / sum(comments) AS right_share
FROM range(1, 100) t(choice) LEFT JOIN probabilities ON step >= choice GROUP BY choice ORDER BY choice;
