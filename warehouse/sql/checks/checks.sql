-- Run on every new version before it is published, over the days from `loaded_from` on, which it may have changed.
-- Each gives the rows that are wrong; one row stops the build.

-- A comment stands once.
SELECT comment_id FROM comments WHERE posted_at >= getvariable('loaded_from') GROUP BY comment_id HAVING count(*) > 1;

-- A text of a comment is scored once by each model.
SELECT comment_id, text_key, model FROM scores WHERE posted_on >= getvariable('loaded_from')
GROUP BY ALL HAVING count(*) > 1;

-- A post stands once.
SELECT post_id FROM posts GROUP BY post_id HAVING count(*) > 1;

-- Scores are probabilities.
SELECT comment_id FROM scores
WHERE NOT (least(toxic, severe_toxic, obscene, threat, insult, identity_hate) >= 0
    AND greatest(toxic, severe_toxic, obscene, threat, insult, identity_hate) <= 1);

-- Every score belongs to a comment.
SELECT comment_id FROM (FROM scores WHERE posted_on >= getvariable('loaded_from'))
ANTI JOIN (FROM comments WHERE posted_at >= getvariable('loaded_from')) USING (comment_id);

-- There is one champion at most.
SELECT model FROM models WHERE is_champion QUALIFY count(*) OVER () > 1;

-- The marts count what the tables hold.
SELECT (SELECT sum(comments) FROM score_bins JOIN champion USING (model)
        WHERE label = 'toxic' AND day >= getvariable('loaded_from')) AS in_mart,
    (SELECT count(*) FROM scores s JOIN champion USING (model)
     JOIN comments c ON c.comment_id = s.comment_id AND c.text_key = s.text_key
     WHERE s.posted_on >= getvariable('loaded_from') AND c.posted_at >= getvariable('loaded_from')) AS in_tables
WHERE in_mart IS DISTINCT FROM nullif(in_tables, 0);
