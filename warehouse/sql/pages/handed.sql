-- Comments with these IDs, wherever they stand, newest first.
SELECT comment_id, posted_at::DATE AS day, platform || '/' || account AS account FROM comments
WHERE comment_id IN (SELECT unnest($ids::VARCHAR[])) ORDER BY posted_at DESC, comment_id;
