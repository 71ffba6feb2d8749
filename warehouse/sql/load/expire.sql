-- Blanks texts and authors of comments that were seen last before their limits; scores and counts stay.

CREATE OR REPLACE TEMP TABLE touched AS
SELECT DISTINCT platform, account, posted_at::DATE AS day FROM comments
WHERE author_hash IS NOT NULL AND last_night < getvariable('authors_before');

UPDATE comments SET text = getvariable('expired') WHERE last_night < getvariable('texts_before') AND text NOT IN ('', getvariable('expired'));
UPDATE comments SET author_hash = NULL WHERE last_night < getvariable('authors_before') AND author_hash IS NOT NULL;
UPDATE rejected SET text = getvariable('expired') WHERE night < getvariable('texts_before') AND text NOT IN ('', getvariable('expired'));
UPDATE rejected SET author_hash = NULL WHERE night < getvariable('authors_before') AND author_hash IS NOT NULL;
