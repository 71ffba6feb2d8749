-- Blanks texts and authors of comments last collected before their limits, and the terms of texts scored before it.
-- Scores and counts stay, lengths don't.

CREATE OR REPLACE TEMP TABLE wordless AS
SELECT DISTINCT c.comment_id FROM comments c
JOIN scores s ON s.comment_id = c.comment_id AND s.text_key = c.text_key AND s.night < getvariable('texts_before')
WHERE c.terms IS NOT NULL OR c.sketch IS NOT NULL;

CREATE OR REPLACE TEMP TABLE touched AS
SELECT DISTINCT platform, account, posted_at::DATE AS day FROM comments
WHERE (author_hash IS NOT NULL AND last_night < getvariable('authors_before')) OR comment_id IN (FROM wordless)
    OR (text NOT IN ('', expired()) AND last_night < getvariable('texts_before'));

UPDATE comments SET terms = NULL, listed = NULL, sketch = NULL WHERE comment_id IN (FROM wordless);
UPDATE scores SET meaning = NULL WHERE night < getvariable('texts_before') AND meaning IS NOT NULL;
UPDATE comments SET text = expired() WHERE last_night < getvariable('texts_before') AND text NOT IN ('', expired());
UPDATE comments SET media = NULL WHERE last_night < getvariable('texts_before') AND media IS NOT NULL;
UPDATE comments SET author_hash = NULL, author_id_hash = NULL, mention_hashes = NULL, link = NULL
WHERE last_night < getvariable('authors_before') AND coalesce(author_hash, author_id_hash, mention_hashes[1], link) IS NOT NULL;
UPDATE posts SET coauthor_hashes = NULL WHERE night < getvariable('authors_before') AND coauthor_hashes IS NOT NULL;
UPDATE posts SET media = NULL WHERE night < getvariable('texts_before') AND media IS NOT NULL;
UPDATE pictures SET text = expired() WHERE night < getvariable('texts_before') AND text NOT IN ('', expired());
UPDATE pictures SET address = NULL, looks = NULL WHERE night < getvariable('texts_before') AND coalesce(address, looks) IS NOT NULL;
UPDATE rejected SET text = expired() WHERE night < getvariable('texts_before') AND text NOT IN ('', expired());
UPDATE rejected SET author_hash = NULL WHERE night < getvariable('authors_before') AND author_hash IS NOT NULL;
