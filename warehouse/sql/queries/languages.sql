-- Which languages do people write in, and how toxic are the comments?
SELECT language, sum(comments)::BIGINT AS comments, sum(share * comments) / sum(comments) AS toxic_share
FROM by_language WHERE label = 'toxic' GROUP BY ALL ORDER BY comments DESC;
