-- Whom do comments address, and how toxic are those?
SELECT directed_at, sum(comments)::BIGINT AS comments, sum(expected) / sum(comments) AS toxic_share
FROM by_addressee GROUP BY directed_at ORDER BY comments DESC;
