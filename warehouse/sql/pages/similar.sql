-- The comments of the period that are similar to `meaning`, the closest first.
WITH near AS (
    SELECT comment_id, text_key, array_cosine_similarity(meaning::FLOAT[128], $meaning::FLOAT[128]) AS closeness
    FROM scores JOIN champion USING (model)
    WHERE meaning IS NOT NULL AND posted_on BETWEEN $first AND $last
)
SELECT comment_id FROM comments JOIN near USING (comment_id, text_key)
WHERE closeness >= $closest AND posted_at >= $first AND posted_at < $last + 1
    AND is_of(platform, account, $only) AND is_among(platform, account, $places)
ORDER BY closeness DESC, comment_id LIMIT $most;
