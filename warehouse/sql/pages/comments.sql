-- A page of comments. A NULL filter matches everything; {order} is one of the grid's columns.
SELECT comment_id, posted_at, platform || '/' || account AS account, text, language, likes, severity,
    toxic, severe_toxic, obscene, threat, insult, identity_hate, attacked, directed_at, spam, parent_id IS NOT NULL AS is_reply,
    link, is_verified, is_pinned, is_edited, is_liked_by_owner, is_by_owner
FROM comments_like($first, $last, $only, $places, $language, $severity, $flag, $attacked, $review, $words, among := $among,
        of_label := $label, lowest := $lowest, highest := $highest, directed := $directed)
WHERE ($weekday IS NULL OR isodow(date_trunc('hour', posted_at) AT TIME ZONE $zone) = $weekday)
    AND ($hour IS NULL OR hour(date_trunc('hour', posted_at) AT TIME ZONE $zone) = $hour)
    AND ($post IS NULL OR post_id = $post) AND ($spam IS NULL OR is_spam = ($spam = 'only'))
ORDER BY {order}, comment_id LIMIT $limit OFFSET $offset;
