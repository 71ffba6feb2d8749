-- The next comment to review, without those already done: the most severe first, among those the least certain. Texts that are
-- the same to a model and stand below one account are one item.
WITH keys AS (
    SELECT comment_id, text_key FROM comments WHERE posted_at >= $first::DATE AND posted_at < $last::DATE + 1
),
waiting AS MATERIALIZED ( -- so that only these are read
    SELECT min_by(comment_id, (posted_at, comment_id)) AS comment_id, min(day) AS day, count(*) AS times,
        max(severity_rank(severity) + coalesce(toxic * (1 - toxic), 0)) AS urgency
    FROM comments_like($first, $last, $only, $places, $language, $severity, $flag, $attacked, $review, $words, among := $among, directed := $directed) JOIN keys USING (comment_id)
    WHERE (toxic >= 0.2 OR severity <> 'none') AND gone_since IS NULL AND text <> expired() AND comment_id NOT IN (SELECT unnest($done::VARCHAR[]))
    GROUP BY platform, account, text_key
)
SELECT comment_id, day, times, (SELECT count(*) FROM waiting) AS waiting FROM waiting ORDER BY urgency DESC, comment_id LIMIT 1;
