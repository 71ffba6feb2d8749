-- The IDs of a page of comments when neither filters nor order need scores; {order} is one of the grid's columns.
SELECT comment_id, posted_at FROM comments
WHERE is_asked(posted_at, platform, account, language, author_hash, text, terms, $first, $last, $only, $places, $language, $words)
ORDER BY {order}, comment_id LIMIT $limit OFFSET $offset;
