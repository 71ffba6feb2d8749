-- Run on every new version before it is published, over the days it may have changed (from `loaded_from` on).
-- Each check returns the offending rows; a single row stops the build.

-- Each comment is stored once.
SELECT comment_id FROM comments WHERE posted_at >= getvariable('loaded_from') GROUP BY comment_id HAVING count(*) > 1;

-- Each model scores each text of a comment once.
SELECT comment_id, text_key, model FROM scores WHERE posted_on >= getvariable('loaded_from')
GROUP BY ALL HAVING count(*) > 1;

-- What own words decide is stored once for each comment.
SELECT comment_id FROM word_flags GROUP BY comment_id HAVING count(*) > 1;

-- Each post is stored once.
SELECT post_id FROM posts GROUP BY post_id HAVING count(*) > 1;

-- Scores are between 0 and 1.
SELECT comment_id FROM scores
WHERE NOT (least(toxic, severe_toxic, obscene, threat, insult, identity_hate) >= 0
    AND greatest(toxic, severe_toxic, obscene, threat, insult, identity_hate) <= 1);

-- Every score belongs to a comment.
SELECT comment_id FROM (FROM scores WHERE posted_on >= getvariable('loaded_from'))
ANTI JOIN (FROM comments WHERE posted_at >= getvariable('loaded_from')) USING (comment_id);

-- There is at most one champion.
SELECT model FROM models WHERE is_champion QUALIFY count(*) OVER () > 1;

-- The marts and the tables hold the same number of comments.
SELECT (SELECT sum(comments) FROM score_bins JOIN champion USING (model)
        WHERE label = 'toxic' AND day >= getvariable('loaded_from')) AS in_mart,
    (SELECT count(s.toxic) FROM scores s JOIN champion USING (model)
     JOIN comments c ON c.comment_id = s.comment_id AND c.text_key = s.text_key
     WHERE s.posted_on >= getvariable('loaded_from') AND c.posted_at >= getvariable('loaded_from') AND is_counted(c.spam)) AS in_tables
WHERE in_mart IS DISTINCT FROM nullif(in_tables, 0);
