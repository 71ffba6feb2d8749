-- The comments with these IDs, as the grid shows them.
SELECT comment_id, posted_at, platform || '/' || account AS account, text, language, likes, severity,
    toxic, severe_toxic, obscene, threat, insult, identity_hate, attacked, directed_at, spam, parent_id IS NOT NULL AS is_reply,
    link, is_verified, is_pinned, is_edited, is_liked_by_owner, is_by_owner
FROM comments_scored
WHERE posted_at BETWEEN $from AND $until AND comment_id IN (SELECT unnest($ids::VARCHAR[]));
