-- Whom comments answer or name: the night's, and answers to what it brought or dropped.
SET VARIABLE answered_from = (
    SELECT least(getvariable('concerned_from'), (SELECT min(posted_at) FROM incoming), (SELECT min(day) FROM dropped)::TIMESTAMPTZ)
);

CREATE OR REPLACE TEMP TABLE readdressed AS
SELECT c.comment_id, c.platform, c.account, c.posted_at::DATE AS day,
    addressed_by(c, p.comment_id IS NOT NULL, p.is_by_owner) AS addressed
FROM comments c LEFT JOIN comments p
    ON p.comment_id = c.parent_id AND answers(c.posted_at, p.posted_at) AND p.posted_at >= getvariable('answered_from')::DATE - answer_days()
WHERE c.posted_at >= getvariable('answered_from')
    AND (c.comment_id IN (SELECT comment_id FROM incoming) OR c.parent_id IN (SELECT comment_id FROM incoming)
        OR c.parent_id IN (SELECT comment_id FROM dropped))
    AND c.addressed IS DISTINCT FROM addressed_by(c, p.comment_id IS NOT NULL, p.is_by_owner);

UPDATE comments SET addressed = r.addressed FROM readdressed r
WHERE comments.comment_id = r.comment_id AND comments.posted_at >= getvariable('answered_from');
