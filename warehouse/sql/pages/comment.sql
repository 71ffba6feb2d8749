-- One comment of a day, with the post it stands below.
SELECT c.*, p.url, p.caption
FROM comments_scored c LEFT JOIN posts p USING (post_id)
WHERE c.posted_at >= $day::DATE AND c.posted_at < $day::DATE + 1
    AND c.comment_id IN (SELECT $id); -- as a mere constant it would be looked for in the scores of all days
