-- an account's 100 worst comments of 28 days
SELECT c.comment_id, c.text, s.toxic FROM comments c JOIN scores s ON s.comment_id = c.comment_id
WHERE c.account = 'account4' AND c.posted_at >= '2026-10-23' AND s.posted_on >= '2026-10-23' ORDER BY s.toxic DESC, 1 LIMIT 100
