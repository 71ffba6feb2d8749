-- Comment lengths, and drift of lengths and volume.
CREATE TABLE lengths (
    platform VARCHAR NOT NULL, account VARCHAR NOT NULL, day DATE NOT NULL, bin TINYINT NOT NULL, comments BIGINT NOT NULL
);
INSERT INTO lengths
SELECT platform, account, posted_at::DATE AS day, least(floor(2 * log2(1 + length(text))), 19)::TINYINT AS bin, count(*)
FROM comments WHERE text <> '(expired)' GROUP BY ALL ORDER BY ALL;

DROP TABLE IF EXISTS drift; -- recomputed by the same publish
