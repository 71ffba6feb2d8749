-- Terms, removed comments, sums by post. Earlier nights have no terms; `toxwatch rebuild` finds the comments removed
-- back then.
ALTER TABLE comments ADD COLUMN terms VARCHAR[];
ALTER TABLE comments ADD COLUMN listed VARCHAR[];
ALTER TABLE comments ADD COLUMN gone_since DATE;

CREATE TABLE post_days (
    platform VARCHAR NOT NULL, account VARCHAR NOT NULL, day DATE NOT NULL, post_id VARCHAR NOT NULL,
    comments BIGINT NOT NULL, gone BIGINT NOT NULL
);
INSERT INTO post_days
SELECT platform, account, posted_at::DATE AS day, post_id, count(*), 0 FROM comments GROUP BY ALL ORDER BY ALL;

CREATE TABLE post_scores (
    platform VARCHAR NOT NULL, account VARCHAR NOT NULL, day DATE NOT NULL, post_id VARCHAR NOT NULL,
    model VARCHAR NOT NULL, comments BIGINT NOT NULL, expected DOUBLE NOT NULL
);
INSERT INTO post_scores
SELECT c.platform, c.account, s.posted_on AS day, c.post_id, s.model, count(*), sum(s.toxic::DOUBLE)
FROM scores s JOIN comments c ON c.comment_id = s.comment_id AND c.text_key = s.text_key GROUP BY ALL ORDER BY ALL;

CREATE TABLE days (
    platform VARCHAR NOT NULL, account VARCHAR NOT NULL, day DATE NOT NULL, model VARCHAR NOT NULL, label VARCHAR NOT NULL,
    comments BIGINT NOT NULL, expected DOUBLE NOT NULL
);
INSERT INTO days
SELECT platform, account, day, model, label, sum(comments), sum(expected) FROM score_bins GROUP BY ALL ORDER BY ALL;

DROP TABLE reviews; -- never written before

DROP VIEW thresholds; -- now a table, like drift
DROP VIEW drift;
DROP VIEW figures; -- replaced by figures_of
