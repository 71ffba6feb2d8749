-- The matching comments for other programs, with flags as words and the versions of model, text rule and policy.
SELECT comment_id, posted_at, platform, account, post_id, parent_id, author_hash, text, language, likes,
    toxic, severe_toxic, obscene, threat, insult, identity_hate, array_to_string(flags, ' ') AS flags, severity, attacked,
    model, text_rule, policy, link, author_id_hash, is_verified, is_pinned, is_edited, is_liked_by_owner, is_by_owner,
    array_to_string(media, ' ') AS media, array_to_string(mention_hashes, ' ') AS mention_hashes, spam, directed_at
FROM comments_like($first, $last, $only, $places, $language, $severity, $flag, $attacked, $review, $words, among := $among, directed := $directed)
WHERE $spam IS NULL OR is_spam = ($spam = 'only')
ORDER BY posted_at, comment_id;
