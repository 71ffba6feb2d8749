-- How many comments match the same filters; reads scores only if a filter needs them.
SELECT sum(comments)::BIGINT AS comments FROM (
    SELECT count(*) AS comments FROM comments
    WHERE $severity IS NULL AND $flag IS NULL AND $review IS NULL
        AND is_asked(posted_at, platform, account, language, author_hash, text, terms, $first, $last, $only, $places, $language, $words)
    UNION ALL
    SELECT count(*) FROM comments_like($first, $last, $only, $places, $language, $severity, $flag, $review, $words)
    WHERE $severity IS NOT NULL OR $flag IS NOT NULL OR $review IS NOT NULL
);
