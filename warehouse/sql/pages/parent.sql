-- The comment that a comment of a day replies to.
SELECT text FROM comments WHERE comment_id = $id AND posted_at >= $day::DATE - 60 AND posted_at < $day::DATE + 1;
