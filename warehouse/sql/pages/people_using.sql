-- How many people used each of these terms on an account.
SELECT term, count(DISTINCT author_hash) AS people
FROM (
    SELECT author_hash, unnest(list_concat(terms, listed)) AS term FROM comments
    WHERE posted_at >= $first::DATE AND posted_at < $last::DATE + 1 AND is_of(platform, account, $account)
)
WHERE list_contains($terms::VARCHAR[], term) AND author_hash IS NOT NULL GROUP BY term;
