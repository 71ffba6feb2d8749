-- One comment of a day, with its post.
SELECT c.*, p.url, p.caption
FROM comments_scored c LEFT JOIN posts p USING (post_id)
WHERE c.posted_at >= $day::DATE AND c.posted_at < $day::DATE + 1
    AND c.comment_id IN (SELECT $id); -- a plain constant would be looked up in the scores of all days
