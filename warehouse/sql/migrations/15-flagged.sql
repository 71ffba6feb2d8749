-- Flagged comments are listed. Thresholds of no policy count as changed, so that the next publish lists those of all days.
ALTER TABLE IF EXISTS thresholds ALTER policy TYPE VARCHAR USING ''; -- the oldest have none

-- And comments are counted by the night that found them.
CREATE TABLE collected (
    platform VARCHAR NOT NULL, account VARCHAR NOT NULL, day DATE NOT NULL, night DATE NOT NULL, comments BIGINT NOT NULL,
    last_night DATE NOT NULL
);
INSERT INTO collected
SELECT platform, account, posted_at::DATE AS day, first_night, count(*), max(last_night) FROM comments GROUP BY ALL ORDER BY ALL;
