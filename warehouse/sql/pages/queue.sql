-- The next comment to review, without those already done: the most severe first, among those the least certain. A text that
-- stands below an account several times is one item.
WITH waiting AS MATERIALIZED ( -- so that only these are read
    SELECT min_by(comment_id, (posted_at, comment_id)) AS comment_id, min(day) AS day, count(*) AS times,
        max(severity_rank(severity) + toxic * (1 - toxic)) AS urgency
    FROM comments_like($first, $last, $only, $places, $language, $severity, $flag, $attacked, $review, $words)
    WHERE toxic >= 0.2 AND gone_since IS NULL AND text <> expired() AND comment_id NOT IN (SELECT unnest($done::VARCHAR[]))
    GROUP BY platform, account, text
)
SELECT comment_id, day, times, (SELECT count(*) FROM waiting) AS waiting FROM waiting ORDER BY urgency DESC, comment_id LIMIT 1;
