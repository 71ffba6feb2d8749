-- How many comments of the period contain one of these words, how many of them would be flagged, or no longer be, and some of those.
WITH words AS (SELECT sought(unnest($texts::VARCHAR[])) AS word, string_split(trim(word), ' ')[1] AS beginning),
candidates AS MATERIALIZED ( -- reads every text, so it is quick
    SELECT DISTINCT c.comment_id, c.text FROM comments c JOIN words w ON contains(lower(nfc_normalize(c.text)), w.beginning)
    WHERE c.posted_at >= $first::DATE AND c.posted_at < $last::DATE + 1 AND c.text <> expired()
        AND is_of(c.platform, c.account, $only) AND is_among(c.platform, c.account, $places) AND ($language IS NULL OR c.language = $language)
),
found AS (SELECT DISTINCT comment_id FROM candidates JOIN words ON contains(spaced(text), word)),
decided AS (
    SELECT text, posted_at, len(list_intersect(flags, $labels::VARCHAR[])) AS flagged,
        len(list_intersect(coalesce(flagged_as, []), $labels::VARCHAR[])) AS by_words
    FROM comments_scored LEFT JOIN word_flags USING (platform, account, day, comment_id) SEMI JOIN found USING (comment_id)
    WHERE posted_at >= $first::DATE AND posted_at < $last::DATE + 1
)
SELECT count(*) AS comments, count(*) FILTER (is_changed) AS changed,
    coalesce(list(text ORDER BY posted_at DESC) FILTER (is_changed), [])[:5] AS examples
FROM (SELECT *, if($flags, flagged = 0, flagged > by_words) AS is_changed FROM decided);
