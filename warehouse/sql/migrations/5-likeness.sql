-- Sums by post for every category, so that differences between periods carry how much a post's comments resemble each other.
DROP TABLE post_scores;
CREATE TABLE post_scores (
    platform VARCHAR NOT NULL, account VARCHAR NOT NULL, day DATE NOT NULL, post_id VARCHAR NOT NULL, model VARCHAR NOT NULL,
    label VARCHAR NOT NULL, comments BIGINT NOT NULL, expected DOUBLE NOT NULL, variance DOUBLE NOT NULL
);
INSERT INTO post_scores
SELECT platform, account, day, post_id, model, label, count(*), sum(p::DOUBLE), sum(p::DOUBLE * (1 - p))
FROM (
    UNPIVOT (
        SELECT c.platform, c.account, s.posted_on AS day, c.post_id, c.comment_id, s.model,
            s.toxic, s.severe_toxic, s.obscene, s.threat, s.insult, s.identity_hate
        FROM scores s JOIN comments c ON c.comment_id = s.comment_id AND c.text_key = s.text_key
    ) ON toxic, severe_toxic, obscene, threat, insult, identity_hate INTO NAME label VALUE p
)
GROUP BY ALL ORDER BY ALL;
