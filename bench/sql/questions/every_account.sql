-- all accounts and all days, from the comments themselves
SELECT c.account, count(*), avg(s.toxic), max(s.toxic) FROM comments c JOIN scores s ON s.comment_id = c.comment_id
GROUP BY c.account ORDER BY 1
