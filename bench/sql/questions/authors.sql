-- who writes the most toxic comments
SELECT c.author_hash, count(*), sum(s.toxic) FROM comments c JOIN scores s ON s.comment_id = c.comment_id
GROUP BY c.author_hash ORDER BY 3 DESC LIMIT 20
