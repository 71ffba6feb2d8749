-- Which words and phrases are behind each account's toxicity?
WITH sums AS (
    SELECT platform || '/' || account AS account, term, is_listed, sum(comments)::BIGINT AS comments,
        sum(expected) / sum(comments) AS toxic_share, sum(excess) AS excess
    FROM by_term GROUP BY ALL
)
FROM sums WHERE excess >= 1
QUALIFY row_number() OVER (PARTITION BY account ORDER BY excess DESC) <= 5
ORDER BY account, excess DESC;
