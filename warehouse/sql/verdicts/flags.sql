-- What a comment is flagged as: by its scores, which are NULL in a language that the model was not judged in, and by own words.
WITH words AS (
    SELECT coalesce(list(label) FILTER (flags), []) AS flagged_as, coalesce(list(label) FILTER (NOT flags), []) AS never_as
    FROM sought_words
    WHERE (platform, account) = ($platform, $account) AND (language IS NULL OR language = $language)
        AND contains(spaced($text), word)
),
scored AS (SELECT unnest($labels::VARCHAR[]) AS label, unnest($scores::FLOAT[]) AS score)
SELECT s.label
FROM scored s CROSS JOIN words LEFT JOIN thresholds t
    ON (t.platform, t.account, t.language, t.label) = ($platform, $account, $language, s.label)
WHERE is_flagged(s.label, score, flagged_from, flagged_as, never_as);
