-- What a comment of a day answers.
SELECT text FROM comments WHERE comment_id = $id AND posted_at >= $day::DATE - 60 AND posted_at < $day::DATE + 1;
