-- Comments of one post by full hours after it appeared and by severity. The period begins on its day, and is one day longer than the
-- hours that are asked for.
SELECT floor(epoch(c.posted_at - p.posted_at) / 3600)::INTEGER AS hour, coalesce(c.severity, 'none') AS severity, count(*) AS comments
FROM comments_like($first, $last, $account, NULL, NULL, NULL, NULL, NULL, NULL, NULL) c JOIN posts p USING (post_id)
WHERE post_id = $post AND c.posted_at >= p.posted_at AND c.posted_at < p.posted_at + to_hours(24 * ($days - 1))
GROUP BY ALL ORDER BY ALL;
