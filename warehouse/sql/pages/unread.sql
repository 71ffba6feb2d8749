-- Severe comments of the period that are not done, the most severe first. Texts that are the same to a model and stand below one
-- account are one item.
WITH severe AS (
    SELECT comment_id, day, flags, severity_rank(severity) AS rank FROM flagged_comments
    WHERE day BETWEEN $first AND $last AND is_of(platform, account, $only) AND is_among(platform, account, $places)
        AND severity_rank(severity) >= severity_rank('high')
        AND comment_id NOT IN (SELECT comment_id FROM reviews) AND comment_id NOT IN (SELECT unnest($done::VARCHAR[]))
)
SELECT list(comment_id ORDER BY posted_at DESC, comment_id) AS comment_ids, max(day) AS day, platform || '/' || account AS account,
    max_by(flags, posted_at) AS flags
FROM severe JOIN comments USING (comment_id)
WHERE posted_at >= $first::DATE AND posted_at < $last::DATE + 1 AND gone_since IS NULL AND text <> expired()
GROUP BY platform, account, text_key
ORDER BY max(rank) DESC, day DESC, account LIMIT 1000;
