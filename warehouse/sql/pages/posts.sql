-- The account's posts with the highest share of toxic comments.
SELECT posted_at::DATE AS day, left(caption, 90) AS caption, captured, coverage, toxic_share, url FROM by_post
WHERE is_of(platform, account, $account) AND scored >= 10 AND posted_at >= $first
ORDER BY toxic_share DESC LIMIT 8;
