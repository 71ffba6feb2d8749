-- Pile-ons: comments that several people answered with comments of the period that are flagged as the category, the most of these first,
-- and by pseudonym whom they hit. An answer that begins with somebody else's name is none.
WITH hits AS (
    SELECT p.comment_id AS parent_id, count(*) AS flagged, count(DISTINCT w.author_hash) AS authors, min(w.posted_at) AS first_at, max(w.posted_at) AS last_at
    FROM comments_like($first, $last, $only, $places, NULL, NULL, $label, NULL, NULL, NULL, directed := 'commenter') w
    JOIN comments c ON c.comment_id = w.comment_id AND c.posted_at >= $first::DATE AND c.posted_at < $last::DATE + 1
    JOIN comments p ON p.comment_id = c.parent_id AND p.posted_at >= $first::DATE - answer_days() AND p.posted_at < $last::DATE + 2
    WHERE c.named IS NULL AND w.author_hash <> p.author_hash GROUP BY ALL HAVING count(DISTINCT w.author_hash) >= least_copies()
),
answered AS (
    SELECT parent_id, count(*) AS replies FROM comments SEMI JOIN hits USING (parent_id)
    WHERE posted_at >= $first::DATE AND posted_at < $last::DATE + 1 GROUP BY ALL
)
SELECT left(p.author_hash, 8) AS target, p.platform || '/' || p.account AS account, h.flagged, h.authors, a.replies, h.first_at, h.last_at,
    p.posted_at::DATE AS day, p.comment_id
FROM hits h JOIN answered a USING (parent_id)
JOIN comments p ON p.comment_id = h.parent_id AND p.posted_at >= $first::DATE - answer_days() AND p.posted_at < $last::DATE + 2
ORDER BY flagged DESC, comment_id LIMIT $limit;
