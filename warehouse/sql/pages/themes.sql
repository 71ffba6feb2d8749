-- The newest comments that are flagged with the category, of the period and of as many days before, with what they mean.
SELECT f.comment_id, f.day, f.author_hash, c.text, c.terms, s.meaning
FROM flagged_comments f
JOIN comments c ON c.comment_id = f.comment_id AND c.posted_at >= $before::DATE AND c.posted_at < $last::DATE + 1
JOIN scores s ON s.comment_id = c.comment_id AND s.text_key = c.text_key AND s.posted_on BETWEEN $before AND $last
JOIN champion ON champion.model = s.model
WHERE f.day BETWEEN $before AND $last AND is_of(f.platform, f.account, $only) AND is_among(f.platform, f.account, $places)
    AND list_contains(f.flags, $label) AND (NOT f.is_spam OR spam_is_counted()) AND s.meaning IS NOT NULL
ORDER BY c.posted_at DESC, c.comment_id LIMIT $most;
