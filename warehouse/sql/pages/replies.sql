-- Replies to a comment of a day, oldest first.
SELECT posted_at, text FROM comments
WHERE parent_id = $id AND posted_at >= $day::DATE AND posted_at < $day::DATE + 60
ORDER BY posted_at, comment_id LIMIT 20;
