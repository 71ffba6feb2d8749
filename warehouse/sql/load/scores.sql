-- The scores that one model gave to the night's comments. A comment that only other nights still have keeps its own.
-- Of nights that scored the same text the earliest counts, whatever the order in which they are loaded: a later one that
-- runs again leaves out what this one has scored.

DELETE FROM scores USING incoming
WHERE scores.comment_id = incoming.comment_id AND night = getvariable('night') AND model = getvariable('model');
DELETE FROM scores USING (SELECT comment_id, text_key FROM lake_scored SEMI JOIN incoming USING (comment_id)) earlier
WHERE scores.comment_id = earlier.comment_id AND scores.text_key = earlier.text_key AND model = getvariable('model')
    AND night > getvariable('night') AND posted_on >= (SELECT min(posted_at)::DATE FROM incoming);
INSERT INTO scores
WITH scored AS ( -- nights from older releases say neither who is attacked nor what a comment means
    SELECT NULL::VARCHAR AS attacked, NULL::TINYINT[] AS meaning WHERE false UNION ALL BY NAME FROM lake_scored
)
SELECT s.comment_id, s.text_key, getvariable('model'), i.posted_at::DATE,
    s.toxic, s.severe_toxic, s.obscene, s.threat, s.insult, s.identity_hate, getvariable('night'), s.attacked,
    s.meaning::TINYINT[128]
FROM scored s
JOIN incoming i USING (comment_id)
ANTI JOIN scores known ON known.comment_id = s.comment_id AND known.text_key = s.text_key
    AND known.model = getvariable('model') AND known.posted_on >= (SELECT min(posted_at)::DATE FROM incoming);
