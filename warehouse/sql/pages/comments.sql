-- A page of comments; a filter that is NULL lets all pass. {order} is one of the grid's columns.
SELECT comment_id, posted_at, platform || '/' || account AS account, text, language, likes, severity,
    toxic, severe_toxic, obscene, threat, insult, identity_hate, parent_id IS NOT NULL AS is_reply
FROM comments_scored
WHERE posted_at >= $first::DATE AND posted_at < $last::DATE + 1
    AND ($account IS NULL OR platform || '/' || account = $account)
    AND ($language IS NULL OR language = $language)
    AND ($severity IS NULL OR severity = $severity)
    AND ($flag IS NULL OR list_contains(flags, $flag))
    AND ($words IS NULL OR contains(lower(text), lower($words)))
ORDER BY {order}, comment_id LIMIT $limit OFFSET $offset;
