-- Which of these comments the author of one comment wrote, beside that one.
SELECT comment_id, author_hash, posted_at FROM comments
WHERE comment_id IN (SELECT unnest($ids::VARCHAR[])) AND comment_id <> $id
    AND author_hash = (SELECT author_hash FROM comments WHERE comment_id = $id AND posted_at >= $day::DATE AND posted_at < $day::DATE + 1)
ORDER BY posted_at, comment_id;
