-- The day on which a comment was posted.
SELECT posted_at::DATE AS day FROM comments WHERE comment_id = $id;
