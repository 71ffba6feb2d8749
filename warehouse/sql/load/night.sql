-- Loads one night. Loading again or in another order gives the same rows: the latest night's version of a comment wins.
-- If a text has expired in the lake, it belonged to the later night; otherwise that night's clean comments would have it.

CREATE OR REPLACE TEMP TABLE incoming AS
SELECT comment_id, platform, account, post_id, parent_id, posted_at FROM lake_comments;

-- What only this night had and has no longer: a file is missing, an import was taken back, a changed rule rejects it.
CREATE OR REPLACE TEMP TABLE dropped AS
SELECT comment_id, platform, account, posted_at::DATE AS day FROM comments ANTI JOIN incoming USING (comment_id)
WHERE first_night = getvariable('night') AND last_night = getvariable('night');

DELETE FROM comments USING dropped WHERE comments.comment_id = dropped.comment_id;
DELETE FROM pictures USING dropped WHERE pictures.comment_id = dropped.comment_id;
DELETE FROM scores USING dropped WHERE scores.comment_id = dropped.comment_id AND night = getvariable('night');

-- Reads no history from before the oldest affected comment.
SET VARIABLE concerned_from = (
    SELECT least(min(known.posted_at), (SELECT min(posted_at) FROM incoming))
    FROM comments known SEMI JOIN incoming USING (comment_id)
);
