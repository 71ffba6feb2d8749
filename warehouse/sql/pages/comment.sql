-- One comment of a day, with what it answers and the post it stands below.
SELECT c.*, parent.text AS parent_text, p.url, p.caption
FROM comments_scored c
LEFT JOIN (FROM comments WHERE posted_at >= $day::DATE - 60) parent ON parent.comment_id = c.parent_id
LEFT JOIN posts p ON p.post_id = c.post_id
WHERE c.comment_id = $id AND c.posted_at >= $day::DATE AND c.posted_at < $day::DATE + 1;
