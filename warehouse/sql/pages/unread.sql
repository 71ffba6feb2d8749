-- Severe comments of the period that are not done, the most severe first. Texts that are the same to a model and stand below one
-- account are one item.
WITH keys AS (
    SELECT comment_id, text_key FROM comments WHERE posted_at >= $first::DATE AND posted_at < $last::DATE + 1
)
SELECT list(comment_id ORDER BY posted_at DESC, comment_id) AS comment_ids, max(day) AS day, platform || '/' || account AS account,
    max_by(flags, posted_at) AS flags
FROM comments_like($first, $last, $only, $places, $language, $severity, $flag, $attacked, $review, $words, among := $among, directed := $directed) JOIN keys USING (comment_id)
WHERE severity_rank(severity) >= severity_rank('high') AND reviewed_as IS NULL AND gone_since IS NULL AND text <> expired()
    AND comment_id NOT IN (SELECT unnest($done::VARCHAR[]))
GROUP BY platform, account, text_key
ORDER BY max(severity_rank(severity)) DESC, day DESC, account LIMIT 1000;
