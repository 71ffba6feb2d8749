-- At what hours (UTC) are comments most toxic?
SELECT hour, sum(comments)::BIGINT AS comments, sum(expected) / sum(comments) AS toxic_share
FROM hours JOIN champion USING (model) WHERE label = 'toxic' GROUP BY ALL ORDER BY toxic_share DESC LIMIT 5;
