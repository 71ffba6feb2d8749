-- Loads what a night has beside comments, and notices which of those were taken down.

MERGE INTO posts old
USING (
    FROM (SELECT NULL::VARCHAR[] AS coauthor_hashes, NULL::VARCHAR[] AS media WHERE false UNION ALL BY NAME FROM lake_posts) -- an older release wrote none
    WHERE post_id IS NOT NULL
) new ON old.post_id = new.post_id
WHEN MATCHED AND getvariable('night') >= old.night THEN UPDATE SET
    url = new.url, caption = new.caption, posted_at = new.posted_at, likes = new.likes,
    comment_count = new.comment_count, night = getvariable('night'), coauthor_hashes = new.coauthor_hashes,
    media = new.media
WHEN MATCHED THEN DO NOTHING
WHEN NOT MATCHED THEN INSERT VALUES (
    new.post_id, new.platform, new.account, new.url, new.caption, new.posted_at, new.likes, new.comment_count,
    getvariable('night'), new.coauthor_hashes, new.media
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
UNION SELECT platform, account, day FROM missing UNION SELECT platform, account, day FROM readdressed UNION SELECT platform, account, day FROM dropped;
