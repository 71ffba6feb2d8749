-- Recomputes the marts for the accounts and days in `touched`; no other days are read.

SET VARIABLE loaded_from = (SELECT least(min(day), getvariable('loaded_from')) FROM touched);

CREATE TEMP TABLE IF NOT EXISTS changed_weeks (week DATE);
INSERT INTO changed_weeks SELECT DISTINCT date_trunc('week', day) FROM touched;

CREATE OR REPLACE TEMP TABLE judged_or_not AS FROM comments_judged();

CREATE OR REPLACE TEMP VIEW scored AS FROM judged_or_not WHERE toxic IS NOT NULL AND is_counted(spam);

DELETE FROM unjudged m USING touched t WHERE (m.platform, m.account, m.day) = (t.platform, t.account, t.day);
INSERT INTO unjudged
SELECT platform, account, day, language, model, count(*) FROM judged_or_not WHERE toxic IS NULL GROUP BY ALL ORDER BY ALL;

DELETE FROM attacks m USING touched t WHERE (m.platform, m.account, m.day) = (t.platform, t.account, t.day);
INSERT INTO attacks
SELECT platform, account, day, model, attacked, count(*), sum(toxic::DOUBLE)
FROM scored WHERE attacked IS NOT NULL GROUP BY ALL ORDER BY ALL;

DELETE FROM addressees m USING touched t WHERE (m.platform, m.account, m.day) = (t.platform, t.account, t.day);
INSERT INTO addressees
SELECT platform, account, day, model, directed_at, count(*), sum(toxic::DOUBLE), sum(toxic_error * toxic * (1 - toxic))
FROM scored GROUP BY ALL ORDER BY ALL;

CREATE OR REPLACE TEMP VIEW labelled_or_spam AS -- six rows a comment, too many to keep
UNPIVOT (SELECT * EXCLUDE (terms, listed, attacked, directed_at) FROM judged_or_not WHERE toxic IS NOT NULL) ON
    (toxic, toxic_error) AS toxic, (severe_toxic, severe_toxic_error) AS severe_toxic, (obscene, obscene_error) AS obscene,
    (threat, threat_error) AS threat, (insult, insult_error) AS insult, (identity_hate, identity_hate_error) AS identity_hate
INTO NAME label VALUE p, error;

CREATE OR REPLACE TEMP VIEW labelled AS FROM labelled_or_spam WHERE is_counted(spam);

DELETE FROM spam_bins m USING touched t WHERE (m.platform, m.account, m.day) = (t.platform, t.account, t.day);
INSERT INTO spam_bins
SELECT platform, account, day, language, model, label, bin_of(p) AS bin,
    count(*), sum(p::DOUBLE), sum(p::DOUBLE * (1 - p)), sum(error * p * (1 - p))
FROM labelled_or_spam WHERE is_spam(spam) GROUP BY ALL ORDER BY ALL;

CREATE OR REPLACE TEMP VIEW commented AS -- with or without a score
SELECT *, posted_at::DATE AS day FROM comments SEMI JOIN touched t
    ON t.platform = comments.platform AND t.account = comments.account AND t.day = comments.posted_at::DATE
WHERE posted_at >= (SELECT min(day) FROM touched);

DELETE FROM spam_days m USING touched t WHERE (m.platform, m.account, m.day) = (t.platform, t.account, t.day);
INSERT INTO spam_days
SELECT platform, account, day, count(spam), count(*) FILTER (is_spam(spam)), coalesce(sum(spam::DOUBLE), 0), count(*) FILTER (spam IS NULL)
FROM commented WHERE text_key IS NOT NULL GROUP BY ALL ORDER BY ALL;

DELETE FROM score_bins m USING touched t WHERE (m.platform, m.account, m.day) = (t.platform, t.account, t.day);
INSERT INTO score_bins
SELECT platform, account, day, language, model, label, bin_of(p) AS bin,
    count(*), sum(p::DOUBLE), sum(p::DOUBLE * (1 - p)), sum(error * p * (1 - p))
FROM labelled GROUP BY ALL ORDER BY ALL;

DELETE FROM days m USING touched t WHERE (m.platform, m.account, m.day) = (t.platform, t.account, t.day);
INSERT INTO days
SELECT platform, account, day, model, label, count(*), sum(p::DOUBLE), sum(p::DOUBLE * (1 - p)), sum(error * p * (1 - p))
FROM labelled GROUP BY ALL ORDER BY ALL;

DELETE FROM hours m USING touched t WHERE (m.platform, m.account, m.day) = (t.platform, t.account, t.day);
INSERT INTO hours
SELECT platform, account, day, hour, model, label, count(*), sum(p::DOUBLE) FROM labelled GROUP BY ALL ORDER BY ALL;

DELETE FROM author_days m USING touched t WHERE (m.platform, m.account, m.day) = (t.platform, t.account, t.day);
INSERT INTO author_days
SELECT platform, account, day, author_hash, model, count(*), sum(toxic::DOUBLE), max(toxic)
FROM scored WHERE author_hash IS NOT NULL GROUP BY ALL ORDER BY ALL;

DELETE FROM post_days m USING touched t WHERE (m.platform, m.account, m.day) = (t.platform, t.account, t.day);
INSERT INTO post_days
SELECT platform, account, day, post_id, count(*), count(gone_since) FROM commented GROUP BY ALL ORDER BY ALL;

DELETE FROM collected m USING touched t WHERE (m.platform, m.account, m.day) = (t.platform, t.account, t.day);
INSERT INTO collected
SELECT platform, account, day, first_night, count(*), max(last_night) FROM commented GROUP BY ALL ORDER BY ALL;

DELETE FROM lengths m USING touched t WHERE (m.platform, m.account, m.day) = (t.platform, t.account, t.day);
INSERT INTO lengths
SELECT platform, account, day, least(floor(2 * log2(1 + length(text))), bins() - 1)::TINYINT AS bin, count(*)
FROM commented WHERE text <> expired() GROUP BY ALL ORDER BY ALL;

DELETE FROM post_scores m USING touched t WHERE (m.platform, m.account, m.day) = (t.platform, t.account, t.day);
INSERT INTO post_scores
SELECT platform, account, day, post_id, model, label, count(*), sum(p::DOUBLE), sum(p::DOUBLE * (1 - p)), sum(error * p * (1 - p))
FROM labelled GROUP BY ALL ORDER BY ALL;

CREATE OR REPLACE TEMP TABLE touched_weeks AS SELECT DISTINCT platform, account, date_trunc('week', day)::DATE AS week FROM touched;
DELETE FROM worst_comments m USING touched_weeks t WHERE (m.platform, m.account, m.week) = (t.platform, t.account, t.week);
INSERT INTO worst_comments
SELECT c.platform, c.account, t.week, s.model,
    row_number() OVER (PARTITION BY c.platform, c.account, t.week, s.model ORDER BY calibrated(s.toxic, a.toxic, l.toxic) DESC, c.comment_id) AS place,
    c.comment_id, calibrated(s.toxic, a.toxic, l.toxic)
FROM scores s
JOIN comments c ON c.comment_id = s.comment_id AND c.text_key = s.text_key
JOIN touched_weeks t ON t.platform = c.platform AND t.account = c.account AND t.week = date_trunc('week', s.posted_on)::DATE
LEFT JOIN account_calibrations a ON a.platform = c.platform AND a.account = c.account AND a.model = s.model
LEFT JOIN language_calibrations l ON l.language = c.language AND l.model = s.model
WHERE s.toxic IS NOT NULL AND is_counted(c.spam) AND s.posted_on >= (SELECT min(week) FROM touched_weeks) AND c.posted_at >= (SELECT min(week) FROM touched_weeks)
QUALIFY place <= 100
ORDER BY ALL;

-- Terms used by fewer than three people could identify one of them.
CREATE OR REPLACE TEMP TABLE places AS -- numbers instead of names, so that the groups of a large night are small
SELECT row_number() OVER () AS place, * FROM (SELECT DISTINCT platform, account, day, model FROM scored);
DELETE FROM terms m USING touched t WHERE (m.platform, m.account, m.day) = (t.platform, t.account, t.day);
INSERT INTO terms
WITH used AS (
    SELECT place, if(author_hash IS NULL, NULL, hash(author_hash)) AS author, toxic, listed,
        unnest(list_distinct(list_concat(terms, listed))) AS term
    FROM scored JOIN places USING (platform, account, day, model)
),
by_author AS ( -- groups are written to disk where they do not fit; a count of distinct values is not
    SELECT place, term, author, bool_or(list_contains(listed, term)) AS is_listed, count(*) AS comments, sum(toxic::DOUBLE) AS toxic
    FROM used GROUP BY ALL
),
by_term AS (
    SELECT place, term, bool_or(is_listed) AS is_listed, sum(comments) AS comments, sum(toxic) AS toxic
    FROM by_author GROUP BY ALL HAVING count(author) >= 3
)
SELECT platform, account, day, term, is_listed, model, comments, toxic FROM by_term JOIN places USING (place) ORDER BY ALL;
