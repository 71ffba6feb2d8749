-- The comment that a comment of a day replies to.
SELECT text FROM comments WHERE comment_id = $id AND posted_at >= $day::DATE - answer_days() AND posted_at < $day::DATE + 1;
