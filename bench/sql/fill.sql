-- Puts the made comments into the warehouse's tables, as nights of their own days would have.
INSERT INTO comments BY NAME
SELECT comment_id, platform, account, post_id, parent_id, author_hash, text, has_media, posted_at, likes, reply_count, language, text_key,
    posted_at::DATE AS first_night, posted_at::DATE AS last_night, terms, listed, sketch, spam,
    CASE WHEN parent_id IS NULL THEN 'account' ELSE 'commenter' END AS addressed
FROM made;

INSERT INTO scores
SELECT comment_id, text_key, 'bench-1', posted_at::DATE, toxic, severe_toxic, obscene, threat, insult, identity_hate, posted_at::DATE, attacked,
    CASE WHEN toxic >= 0.5 THEN list_transform(range(128), lambda n: (hash(comment_id, n) % 255)::INT - 127)::TINYINT[128] END -- of no direction
FROM made;

INSERT INTO posts
SELECT post_id, platform, account, 'https://example.com/' || post_id, 'A post', min(posted_at), 10, count(*), max(posted_at)::DATE, NULL, NULL
FROM made GROUP BY post_id, platform, account;

CREATE OR REPLACE TEMP TABLE touched AS SELECT DISTINCT platform, account, posted_at::DATE AS day FROM made;
