-- Comments that only one of the versions has, and what differs in the others.
WITH paired AS (
    SELECT o.comment_id AS before, n.comment_id AS after, o.text AS old_text, n.text AS new_text, o.language AS old_language,
        n.language AS new_language
    FROM old.comments o FULL JOIN new.comments n USING (comment_id)
)
SELECT count(before) AS before, count(after) AS after, count(*) FILTER (before IS NULL) AS came, count(*) FILTER (after IS NULL) AS went,
    count(*) FILTER (old_text <> new_text) AS text_changed, count(*) FILTER (old_language <> new_language) AS language_changed
FROM paired;
