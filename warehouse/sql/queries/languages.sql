-- In which languages do people write, and how toxic are they?
SELECT language, sum(comments)::BIGINT AS comments, sum(share * comments) / sum(comments) AS toxic_share
FROM by_language WHERE label = 'toxic' GROUP BY ALL ORDER BY comments DESC;
