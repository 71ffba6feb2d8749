-- Loads one night. Loading again or in another order gives the same rows: the latest night's version of a comment wins.
-- If a text has expired in the lake, it belonged to the later night; otherwise that night's clean comments would have it.

CREATE OR REPLACE TEMP TABLE incoming AS
WITH readable AS ( -- nights from older releases have no terms
    SELECT NULL::VARCHAR[] AS terms, NULL::VARCHAR[] AS listed WHERE false
    UNION ALL BY NAME FROM lake_clean
),
detailed AS ( -- and no details of comments
    SELECT NULL::VARCHAR AS author_id_hash, NULL::VARCHAR AS link, NULL::BOOLEAN AS is_verified, NULL::BOOLEAN AS is_pinned,
        NULL::BOOLEAN AS is_edited, NULL::BOOLEAN AS is_liked_by_owner, NULL::BOOLEAN AS is_by_owner,
        NULL::VARCHAR[] AS media, NULL::VARCHAR[] AS mention_hashes WHERE false
    UNION ALL BY NAME FROM lake_comments
)
SELECT c.comment_id, c.platform, c.account, c.post_id, c.parent_id, c.author_hash, c.text, c.has_media, c.posted_at, c.likes,
    c.reply_count, k.language, k.text_key, k.terms, k.listed,
    c.author_id_hash, c.link, c.is_verified, c.is_pinned, c.is_edited, c.is_liked_by_owner, c.is_by_owner, c.media,
    c.mention_hashes
FROM detailed c
LEFT JOIN readable k USING (comment_id);

-- What only this night had and has no longer: a file is missing, an import was taken back, a changed rule rejects it.
CREATE OR REPLACE TEMP TABLE dropped AS
SELECT comment_id, platform, account, posted_at::DATE AS day FROM comments ANTI JOIN incoming USING (comment_id)
WHERE first_night = getvariable('night') AND last_night = getvariable('night');

DELETE FROM comments USING dropped WHERE comments.comment_id = dropped.comment_id;
DELETE FROM scores USING dropped WHERE scores.comment_id = dropped.comment_id AND night = getvariable('night');

-- Reads no history from before the oldest affected comment.
SET VARIABLE concerned_from = (
    SELECT least(min(known.posted_at), (SELECT min(posted_at) FROM incoming))
    FROM comments known SEMI JOIN incoming USING (comment_id)
);

MERGE INTO comments old
USING incoming new ON old.comment_id = new.comment_id AND old.posted_at >= getvariable('concerned_from')
WHEN MATCHED AND getvariable('night') >= old.last_night THEN UPDATE SET
    parent_id = new.parent_id,
    author_hash = new.author_hash,
    text = new.text,
    has_media = new.has_media,
    posted_at = new.posted_at,
    likes = new.likes,
    reply_count = new.reply_count,
    language = coalesce(new.language, CASE WHEN old.text IN (new.text, expired()) THEN old.language END),
    text_key = coalesce(new.text_key, CASE WHEN old.text IN (new.text, expired()) THEN old.text_key END),
    terms = coalesce(new.terms, CASE WHEN old.text = new.text THEN old.terms END),
    listed = coalesce(new.listed, CASE WHEN old.text = new.text THEN old.listed END),
    first_night = least(old.first_night, getvariable('night')),
    last_night = getvariable('night'),
    author_id_hash = new.author_id_hash,
    link = new.link,
    is_verified = new.is_verified,
    is_pinned = new.is_pinned,
    is_edited = new.is_edited,
    is_liked_by_owner = new.is_liked_by_owner,
    is_by_owner = new.is_by_owner,
    media = new.media,
    mention_hashes = new.mention_hashes
WHEN MATCHED THEN UPDATE SET
    language = coalesce(old.language, CASE WHEN new.text IN (old.text, expired()) THEN new.language END),
    text_key = coalesce(old.text_key, CASE WHEN new.text IN (old.text, expired()) THEN new.text_key END),
    terms = coalesce(old.terms, CASE WHEN new.text = old.text THEN new.terms END),
    listed = coalesce(old.listed, CASE WHEN new.text = old.text THEN new.listed END),
    first_night = least(old.first_night, getvariable('night'))
WHEN NOT MATCHED THEN INSERT VALUES (
    new.comment_id, new.platform, new.account, new.post_id, new.parent_id, new.author_hash, new.text, new.has_media,
    new.posted_at, new.likes, new.reply_count, new.language, new.text_key, getvariable('night'), getvariable('night'),
    new.terms, new.listed, NULL, new.author_id_hash, new.link, new.is_verified, new.is_pinned, new.is_edited,
    new.is_liked_by_owner, new.is_by_owner, new.media, new.mention_hashes
);

MERGE INTO posts old
USING (
    FROM (SELECT NULL::VARCHAR[] AS coauthor_hashes WHERE false UNION ALL BY NAME FROM lake_posts) -- an older release wrote none
    WHERE post_id IS NOT NULL
) new ON old.post_id = new.post_id
WHEN MATCHED AND getvariable('night') >= old.night THEN UPDATE SET
    url = new.url, caption = new.caption, posted_at = new.posted_at, likes = new.likes,
    comment_count = new.comment_count, night = getvariable('night'), coauthor_hashes = new.coauthor_hashes
WHEN MATCHED THEN DO NOTHING
WHEN NOT MATCHED THEN INSERT VALUES (
    new.post_id, new.platform, new.account, new.url, new.caption, new.posted_at, new.likes, new.comment_count,
    getvariable('night'), new.coauthor_hashes
);

DELETE FROM runs WHERE night = getvariable('night');
INSERT INTO runs BY NAME
SELECT getvariable('night') AS night, * FROM lake_runs;

DELETE FROM ingest_errors WHERE night = getvariable('night');
INSERT INTO ingest_errors BY NAME
SELECT getvariable('night') AS night, * FROM lake_ingest_errors;

DELETE FROM rejected WHERE night = getvariable('night');
INSERT INTO rejected BY NAME
SELECT getvariable('night') AS night, comment_id, platform, account, post_id, author_hash, text, posted_at, reasons
FROM lake_rejected;

DELETE FROM quality WHERE night = getvariable('night');
INSERT INTO quality BY NAME
SELECT getvariable('night') AS night, * FROM lake_quality;

-- A comment is gone since the first night that collected its post's comments from before and after it, but not it, if
-- another night did so too. The three oldest of a night say nothing: they may be pinned, far from the others.
CREATE OR REPLACE TEMP TABLE seen AS
SELECT post_id FROM captured WHERE night = getvariable('night') UNION SELECT post_id FROM incoming;

DELETE FROM captured WHERE night = getvariable('night');
INSERT INTO captured
SELECT post_id, getvariable('night'), list_sort(list(posted_at))[4], max(posted_at) FROM incoming
WHERE parent_id IS NULL AND list_contains(getvariable('newest_first'), platform) GROUP BY post_id HAVING count(*) > 4;

CREATE OR REPLACE TEMP TABLE missing AS
SELECT c.comment_id, c.platform, c.account, c.posted_at::DATE AS day,
    CASE WHEN count(k.night) FILTER (r.comment_id IS NULL) > 1 THEN min(k.night) FILTER (r.comment_id IS NULL) END AS since,
    any_value(c.gone_since) AS known
FROM comments c SEMI JOIN seen USING (post_id)
LEFT JOIN captured k
    ON k.post_id = c.post_id AND k.night > c.last_night AND c.posted_at > k.first_at AND c.posted_at < k.last_at
LEFT JOIN rejected r ON r.comment_id = c.comment_id AND r.night = k.night
WHERE c.parent_id IS NULL AND c.posted_at >= (SELECT min(posted_at) FROM incoming)
GROUP BY ALL HAVING since IS DISTINCT FROM known;

UPDATE comments SET gone_since = missing.since FROM missing WHERE comments.comment_id = missing.comment_id;

CREATE OR REPLACE TEMP TABLE touched AS
SELECT DISTINCT platform, account, posted_at::DATE AS day FROM incoming
UNION SELECT platform, account, day FROM missing UNION SELECT platform, account, day FROM dropped;
