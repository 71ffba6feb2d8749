-- The days on which the account posted, with a caption.
SELECT posted_at::DATE AS day, count(*) AS posts, min_by(left(caption, 60), posted_at) AS caption, min_by(post_id, posted_at) AS post_id
FROM posts
WHERE is_of(platform, account, $account) AND posted_at >= $first::DATE AND posted_at < $last::DATE + 1
GROUP BY ALL ORDER BY day;
