-- Who attacks whom, by pseudonym, in comments of the period that are flagged as the category: the author that they answer, those they
-- name, or else the account. Whom nobody knows, because it was erased or never collected, is attacked by nobody.
WITH written AS (
    SELECT comment_id, platform || '/' || account AS place, parent_id, author_hash, mention_hashes, toxic, directed_at
    FROM comments_like($first, $last, $only, $places, NULL, NULL, $label, NULL, NULL, NULL) WHERE author_hash IS NOT NULL
),
aimed AS (
    SELECT w.place, w.author_hash AS author, coalesce(w.toxic, 1) AS toxic,
        unnest(CASE WHEN directed_at = 'nobody' THEN [] WHEN directed_at <> 'commenter' THEN [w.place]
            WHEN w.parent_id IS NULL OR c.named IS NOT NULL THEN w.mention_hashes ELSE [p.author_hash] END) AS target
    FROM written w JOIN comments c ON c.comment_id = w.comment_id AND c.posted_at >= $first::DATE AND c.posted_at < $last::DATE + 1
    LEFT JOIN comments p ON p.comment_id = w.parent_id AND p.posted_at >= $first::DATE - answer_days() AND p.posted_at < $last::DATE + 2
)
SELECT left(author, 8) AS author, CASE WHEN target = place THEN target ELSE left(target, 8) END AS target,
    target = place AS is_account, count(*) AS comments, sum(toxic)::DOUBLE AS toxic
FROM aimed WHERE target IS NOT NULL AND target <> author GROUP BY ALL ORDER BY toxic DESC, author, target LIMIT $limit;
