-- Finds own words in the comments of the accounts and days in `touched`. In a text that has expired since, they stay as they were found.
CREATE OR REPLACE TEMP TABLE sought_words AS
SELECT platform, account, language, label, flags, sought(word) AS word, pattern_of(word) AS pattern FROM account_words;

SET VARIABLE patterns = (SELECT string_agg(DISTINCT pattern, '|') FROM sought_words);

CREATE OR REPLACE TEMP TABLE candidates AS
SELECT c.platform, c.account, c.posted_at::DATE AS day, c.comment_id, c.language, spaced(c.text) AS words
FROM comments c
SEMI JOIN touched t ON t.platform = c.platform AND t.account = c.account AND t.day = c.posted_at::DATE
WHERE c.posted_at >= (SELECT min(day) FROM touched) AND c.text <> expired() AND may_contain(c.text, getvariable('patterns'));

DELETE FROM word_flags WHERE comment_id IN (SELECT comment_id FROM candidates);
DELETE FROM word_flags m USING touched t
WHERE (m.platform, m.account, m.day) = (t.platform, t.account, t.day)
    AND m.comment_id NOT IN (SELECT comment_id FROM comments WHERE posted_at >= (SELECT min(day) FROM touched) AND text = expired());
INSERT INTO word_flags
SELECT platform, account, day, comment_id, list_sort(list_distinct(coalesce(list(label) FILTER (flags), []))) AS flagged_as,
    list_filter(list_sort(list_distinct(list(label))), lambda label: NOT list_contains(flagged_as, label)) AS never_as
FROM (
    SELECT c.platform, c.account, c.day, c.comment_id, s.label, s.flags FROM candidates c JOIN sought_words s
        ON s.platform = c.platform AND s.account = c.account AND (s.language IS NULL OR s.language = c.language) AND contains(c.words, s.word)
)
GROUP BY ALL ORDER BY ALL;

DELETE FROM word_bins m USING touched t WHERE (m.platform, m.account, m.day) = (t.platform, t.account, t.day);
INSERT INTO word_bins
SELECT j.platform, j.account, j.day, j.language, j.model, decided.label, if(j.toxic IS NULL, NULL, bin_of(score_of(j, decided.label)::FLOAT)) AS bin,
    count(*) FILTER (decided.flags), count(*) FILTER (NOT decided.flags)
FROM comments_judged() j JOIN (
    SELECT comment_id, unnest(flagged_as) AS label, true AS flags FROM word_flags
    UNION ALL SELECT comment_id, unnest(never_as), false FROM word_flags
) decided USING (comment_id)
WHERE is_counted(j.spam)
GROUP BY ALL ORDER BY ALL;
