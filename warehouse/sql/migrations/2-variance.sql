-- Adds variance to the daily sums, so that trends and the ranking get their intervals from there.
CREATE TABLE fuller (
    platform VARCHAR NOT NULL, account VARCHAR NOT NULL, day DATE NOT NULL, model VARCHAR NOT NULL, label VARCHAR NOT NULL,
    comments BIGINT NOT NULL, expected DOUBLE NOT NULL, variance DOUBLE NOT NULL
);
INSERT INTO fuller
SELECT platform, account, day, model, label, sum(comments), sum(expected), sum(variance) FROM score_bins GROUP BY ALL ORDER BY ALL;
DROP TABLE days;
ALTER TABLE fuller RENAME TO days;

DROP TABLE IF EXISTS drift; -- recomputed by the same publish, with languages and another distance
