-- Who attacks whom, by pseudonym, in comments of the period that are flagged as the category: the author that they answer, those they
-- name, or else the account. The answer to a comment that was not collected attacks nobody known;
-- if that comment was erased, nothing says any longer that it is an answer.
WITH written AS (
    SELECT platform, account, comment_id, parent_id, author_hash, mention_hashes, toxic
    FROM comments_like($first, $last, $only, $places, NULL, NULL, $label, NULL, NULL, NULL) WHERE author_hash IS NOT NULL
),
aimed AS (
    SELECT w.platform, w.account, w.author_hash AS author, coalesce(w.toxic, 1) AS toxic,
        unnest(CASE WHEN w.parent_id IS NOT NULL THEN [p.author_hash] ELSE coalesce(w.mention_hashes, [w.platform || '/' || w.account]) END) AS target
    FROM written w LEFT JOIN comments p ON p.comment_id = w.parent_id AND p.posted_at >= $first::DATE - usual_days() AND p.posted_at < $last::DATE + 1
)
SELECT left(author, 8) AS author, CASE WHEN target = platform || '/' || account THEN target ELSE left(target, 8) END AS target,
    target = platform || '/' || account AS is_account, count(*) AS comments, sum(toxic)::DOUBLE AS toxic
FROM aimed WHERE target IS NOT NULL AND target <> author GROUP BY ALL ORDER BY toxic DESC, author, target LIMIT $limit;
