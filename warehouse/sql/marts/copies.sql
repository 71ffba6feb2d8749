-- Groups of comments that share a text, and how many of their authors are new to the account. Recomputed for the weeks that this
-- publish changed, and for the five after these, where authors may be new no longer. What it costs grows with the comments of
-- these weeks, not with pairs of them: equal texts are one, and a text is compared only with the most copied one of each eighth
-- of its sketch.
CREATE TEMP TABLE IF NOT EXISTS changed_weeks (week DATE);
CREATE OR REPLACE TEMP TABLE weeks AS
SELECT DISTINCT week::DATE AS week FROM (
    SELECT unnest(range(week, week + usual_days() + new_days() + 1, INTERVAL 7 DAY)) AS week FROM changed_weeks
    UNION ALL SELECT date_trunc('week', day) FROM post_days WHERE NOT EXISTS (FROM newcomers) AND NOT EXISTS (FROM copies) -- the first time
) WHERE week <= (SELECT max(day) FROM post_days);
SET VARIABLE first_week = (SELECT min(week) FROM weeks);

CREATE OR REPLACE TEMP TABLE sketched AS -- the most copied texts first
SELECT week, sketch, count(*) AS comments, row_number() OVER (ORDER BY count(*) DESC, sketch, week) AS place
FROM (
    SELECT date_trunc('week', posted_at)::DATE AS week, coalesce(sketch, text_key) AS sketch FROM comments
    WHERE posted_at >= getvariable('first_week')
) SEMI JOIN weeks USING (week) WHERE sketch IS NOT NULL GROUP BY week, sketch;

CREATE OR REPLACE TEMP TABLE eighths AS
SELECT week, sketch, place, eighth, substr(sketch, 1 + 6 * eighth, 6) AS digits
FROM sketched, range(8) e(eighth) WHERE length(sketch) = 48;

CREATE OR REPLACE TEMP TABLE nearest AS
WITH most_copied AS (
    SELECT week, eighth, digits, min(place) AS place, arg_min(sketch, place) AS sketch FROM eighths GROUP BY ALL HAVING count(*) > 1
)
SELECT e.place, min(m.place) AS original
FROM eighths e JOIN most_copied m USING (week, eighth, digits)
WHERE hamming(e.sketch, m.sketch) <= most_changed() GROUP BY e.place;

CREATE OR REPLACE TEMP TABLE grouped AS -- a copy of a copy is one of the first text
SELECT s.week, s.sketch, left(md5(original.sketch), 12) AS copy, length(original.sketch) < 48 AS is_short
FROM sketched s LEFT JOIN nearest n USING (place) LEFT JOIN nearest further ON further.place = n.original
JOIN sketched original ON original.place = coalesce(further.original, n.original, s.place)
QUALIFY sum(s.comments) OVER (PARTITION BY original.place) >= least_copies();

CREATE OR REPLACE TEMP TABLE members AS
SELECT c.platform, c.account, c.posted_at::DATE AS day, g.week, g.copy, g.is_short, c.comment_id, c.posted_at,
    if(c.author_hash IS NULL, NULL, hash(c.author_hash)) AS author
FROM comments c JOIN grouped g ON g.week = date_trunc('week', c.posted_at)::DATE AND g.sketch = coalesce(c.sketch, c.text_key)
WHERE c.posted_at >= getvariable('first_week');

CREATE OR REPLACE TEMP TABLE wrote AS -- who is new on a day, and until a week later, had written nothing in the four weeks before it
WITH days AS (
    SELECT platform, account, author, day, day - lag(day) OVER (PARTITION BY platform, account, author ORDER BY day) AS silent
    FROM (
        SELECT DISTINCT platform, account, posted_at::DATE AS day, hash(author_hash) AS author FROM comments
        WHERE author_hash IS NOT NULL AND posted_at >= getvariable('first_week') - usual_days() - new_days()
    )
)
SELECT platform, account, day, author, day - max(CASE WHEN silent IS NULL OR silent > usual_days() THEN day END)
    OVER (PARTITION BY platform, account, author ORDER BY day) < new_days() AS is_new
FROM days QUALIFY date_trunc('week', day) IN (FROM weeks);

DELETE FROM newcomers WHERE date_trunc('week', day) IN (FROM weeks);
INSERT INTO newcomers
SELECT platform, account, day, count(*), count(*) FILTER (is_new) FROM wrote GROUP BY ALL ORDER BY ALL;

DELETE FROM copied WHERE date_trunc('week', day) IN (FROM weeks);
INSERT INTO copied SELECT platform, account, day, copy, comment_id FROM members ORDER BY ALL;

DELETE FROM copies WHERE date_trunc('week', day) IN (FROM weeks);
INSERT INTO copies
WITH usual AS (
    SELECT platform, account, day, (count(*) FILTER (is_new) + 1) / (count(*) + 1) AS share
    FROM wrote ANTI JOIN (FROM members WHERE NOT is_short) USING (platform, account, day, author) GROUP BY ALL
),
joined AS ( -- an author joins a group in a week once
    SELECT copy, week, platform, account, author, min(day) AS day FROM members WHERE author IS NOT NULL GROUP BY ALL
),
by_day AS (
    SELECT copy, platform, account, day, count(*) AS authors, count(*) FILTER (is_new) AS new_authors, sum(coalesce(share, 1)) AS usual_new
    FROM joined JOIN wrote USING (platform, account, day, author) LEFT JOIN usual USING (platform, account, day) GROUP BY ALL
)
SELECT platform, account, day, copy, bool_or(is_short), count(*), min(posted_at), max(posted_at),
    coalesce(any_value(authors), 0), coalesce(any_value(new_authors), 0), coalesce(any_value(usual_new), 0)
FROM members LEFT JOIN by_day USING (copy, platform, account, day) GROUP BY ALL ORDER BY ALL;
