-- How many comments match the same filters, and how many of them have scores, which is unknown if only words or hours are
-- searched; reads scores only if a filter needs them.
SELECT sum(comments)::BIGINT AS comments, sum(scored)::BIGINT AS scored FROM (
    SELECT count(*) AS comments, NULL::BIGINT AS scored FROM comments
    WHERE $severity IS NULL AND $flag IS NULL AND $attacked IS NULL AND $directed IS NULL AND $review IS NULL AND $lowest IS NULL
        AND is_asked(comment_id, posted_at, platform, account, language, author_hash, text, terms, $first, $last, $only, $places, $language, $words, among := $among)
        AND ($weekday IS NULL OR isodow(date_trunc('hour', posted_at) AT TIME ZONE $zone) = $weekday)
        AND ($hour IS NULL OR hour(date_trunc('hour', posted_at) AT TIME ZONE $zone) = $hour)
        AND ($post IS NULL OR post_id = $post) AND ($spam IS NULL OR is_spam(spam) = ($spam = 'only'))
    UNION ALL
    SELECT 0, sum(comments) FROM score_bins JOIN champion USING (model)
    WHERE $severity IS NULL AND $flag IS NULL AND $attacked IS NULL AND $directed IS NULL AND $review IS NULL AND $lowest IS NULL AND $words IS NULL AND $among::VARCHAR[] IS NULL AND $weekday IS NULL AND $hour IS NULL
        AND $post IS NULL AND $spam IS NULL AND spam_is_counted()
        AND label = 'toxic'
        AND day BETWEEN $first AND $last AND is_of(platform, account, $only) AND is_among(platform, account, $places)
        AND ($language IS NULL OR language = $language)
    UNION ALL
    SELECT count(*), count(toxic) FROM comments_like($first, $last, $only, $places, $language, $severity, $flag, $attacked, $review, $words, among := $among,
        of_label := $label, lowest := $lowest, highest := $highest, directed := $directed)
    WHERE ($severity IS NOT NULL OR $flag IS NOT NULL OR $attacked IS NOT NULL OR $directed IS NOT NULL OR $review IS NOT NULL OR $lowest IS NOT NULL)
        AND ($weekday IS NULL OR isodow(date_trunc('hour', posted_at) AT TIME ZONE $zone) = $weekday)
        AND ($hour IS NULL OR hour(date_trunc('hour', posted_at) AT TIME ZONE $zone) = $hour)
        AND ($post IS NULL OR post_id = $post) AND ($spam IS NULL OR is_spam = ($spam = 'only'))
    HAVING count(*) > 0
);
