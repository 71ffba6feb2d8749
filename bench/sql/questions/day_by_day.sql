-- an account's 28 days, from the comments themselves
SELECT s.posted_on, count(*), avg(s.toxic) FROM comments c JOIN scores s ON s.comment_id = c.comment_id
WHERE c.account = 'account4' AND c.posted_at >= '2026-10-23' AND s.posted_on >= '2026-10-23' GROUP BY s.posted_on ORDER BY 1
