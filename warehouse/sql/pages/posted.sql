-- The days on which the account posted, with a caption.
SELECT posted_at::DATE AS day, count(*) AS posts, any_value(left(caption, 60)) AS caption FROM posts
WHERE is_of(platform, account, $account) AND posted_at >= $first::DATE AND posted_at < $last::DATE + 1
GROUP BY ALL ORDER BY day;
