-- For each category and threshold: how many comments of the period it flags, the estimated share of correct flags
-- among those that scores flag, and how many of these reviewers judged and confirmed. Comments that an exception concerns are left out.
WITH exempt AS (
    SELECT DISTINCT b.platform, b.account, b.language, b.label
    FROM (SELECT DISTINCT platform, account, language, label FROM score_bins WHERE day BETWEEN $first AND $last) b
    LEFT JOIN accounts a USING (platform, account)
    JOIN policy_rules r ON r.label = b.label AND NOT (r.tag IS NULL AND r.account IS NULL AND r.language IS NULL)
        AND (r.tag IS NULL OR list_contains(a.tags, r.tag)) AND is_of(b.platform, b.account, r.account)
        AND (r.language IS NULL OR r.language = b.language)
),
scored AS (
    SELECT label, bin, sum(comments) AS comments, sum(expected) AS expected
    FROM score_bins JOIN champion USING (model) ANTI JOIN exempt USING (platform, account, language, label)
    WHERE day BETWEEN $first AND $last GROUP BY ALL
),
worded AS ( -- what own words add to those that scores flag, or take away
    SELECT label, choice, sum(if(bin >= choice, -never, flagged)) AS flagged
    FROM word_bins JOIN champion USING (model) ANTI JOIN exempt USING (platform, account, language, label), range(1, bins()) t(choice)
    WHERE day BETWEEN $first AND $last GROUP BY ALL
),
judged AS (
    SELECT label, bin_of(p) AS bin, count(*) AS reviewed, count(*) FILTER (list_contains(reviewed_as, label)) AS confirmed
    FROM (
        UNPIVOT (
            SELECT platform, account, language, reviewed_as, toxic, severe_toxic, obscene, threat, insult, identity_hate
            FROM comments_like($first, $last, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
            WHERE comment_id IN (SELECT comment_id FROM reviews)
        ) ON toxic, severe_toxic, obscene, threat, insult, identity_hate INTO NAME label VALUE p
    ) ANTI JOIN exempt USING (platform, account, language, label) GROUP BY ALL
)
SELECT s.label, choice / bins() AS flagged_from,
    (coalesce(sum(comments) FILTER (s.bin >= choice), 0) + coalesce(any_value(w.flagged), 0))::BIGINT AS flagged,
    sum(expected) FILTER (s.bin >= choice) / sum(comments) FILTER (s.bin >= choice) AS right_share,
    coalesce(sum(reviewed) FILTER (s.bin >= choice), 0)::BIGINT AS reviewed, coalesce(sum(confirmed) FILTER (s.bin >= choice), 0)::BIGINT AS confirmed
FROM scored s LEFT JOIN judged USING (label, bin) CROSS JOIN range(1, bins()) t(choice) LEFT JOIN worded w USING (label, choice)
GROUP BY s.label, choice ORDER BY s.label, choice;
