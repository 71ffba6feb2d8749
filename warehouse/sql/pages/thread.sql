-- The thread around a comment of a day: what it answers, the answers to that, itself among them, and the answers to itself, oldest first.
-- Of many answers those that stand next to it.
WITH one AS (
    SELECT parent_id AS parent FROM comments WHERE comment_id = $id AND posted_at >= $day::DATE AND posted_at < $day::DATE + 1
),
near AS (
    SELECT comment_id, posted_at, author_hash, text,
        CASE WHEN comment_id = parent THEN 'parent' WHEN parent_id = $id THEN 'reply' ELSE 'sibling' END AS part
    FROM comments, one
    WHERE posted_at >= $day::DATE - answer_days() AND posted_at < $day::DATE + 1 + answer_days()
        AND (comment_id IN ($id, parent) OR parent_id IN ($id, parent))
),
placed AS (
    SELECT *, row_number() OVER (PARTITION BY part ORDER BY posted_at, comment_id) AS place, count(*) OVER (PARTITION BY part) AS of_part FROM near
)
SELECT comment_id, posted_at, left(author_hash, 8) AS author, text, part, place, of_part FROM placed
WHERE abs(place - CASE part WHEN 'sibling' THEN (SELECT any_value(place) FROM placed WHERE comment_id = $id) ELSE 1 END) < $limit
ORDER BY part, place;
