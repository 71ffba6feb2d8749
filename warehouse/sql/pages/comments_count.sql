-- How many comments the same filters let pass.
SELECT count(*) AS comments FROM comments_scored
WHERE posted_at >= $first::DATE AND posted_at < $last::DATE + 1
    AND ($account IS NULL OR platform || '/' || account = $account)
    AND ($language IS NULL OR language = $language)
    AND ($severity IS NULL OR severity = $severity)
    AND ($flag IS NULL OR list_contains(flags, $flag))
    AND ($words IS NULL OR contains(lower(text), lower($words)));
