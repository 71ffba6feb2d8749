-- The IDs of a page of comments when neither filters nor order need scores; {order} is one of the grid's columns.
SELECT comment_id, posted_at FROM comments
WHERE is_asked(comment_id, posted_at, platform, account, language, author_hash, text, terms, $first, $last, $only, $places, $language, $words, among := $among)
    AND ($weekday IS NULL OR isodow(date_trunc('hour', posted_at) AT TIME ZONE $zone) = $weekday)
    AND ($hour IS NULL OR hour(date_trunc('hour', posted_at) AT TIME ZONE $zone) = $hour)
    AND ($post IS NULL OR post_id = $post) AND ($spam IS NULL OR is_spam(spam) = ($spam = 'only'))
ORDER BY {order}, comment_id LIMIT $limit OFFSET $offset;
