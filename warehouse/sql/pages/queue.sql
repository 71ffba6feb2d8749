-- The next comment to review: the most harmful and most uncertain first, without those already done.
WITH waiting AS MATERIALIZED ( -- so that only these are read
    SELECT comment_id, day, severity_rank(severity) / 4 + 4 * toxic * (1 - toxic) AS urgency
    FROM comments_like($first, $last, $only, $places, $language, $severity, $flag, $review, $words)
    WHERE toxic >= 0.2 AND gone_since IS NULL AND text <> expired() AND comment_id NOT IN (SELECT unnest($done::VARCHAR[]))
)
SELECT comment_id, day, (SELECT count(*) FROM waiting) AS waiting FROM waiting ORDER BY urgency DESC, comment_id LIMIT 1;
