-- The same for one category, by account and by language. Where fewer than two comments were reviewed, nobody knows.
WITH of_label AS (
    FROM audited($first, $last) WHERE label = $label AND is_of(platform, account, $only) AND is_among(platform, account, $places)
),
sections AS (
    SELECT 'account' AS kind, platform || '/' || account AS name, * FROM of_label UNION ALL SELECT 'language', language, * FROM of_label
),
totals AS (
    SELECT kind, name, sum(comments)::BIGINT AS comments, sum(expected) / sum(comments) AS share, total_of_sums(sums) AS sums
    FROM sections GROUP BY kind, name
),
intervals AS (
    SELECT kind, name, coalesce(sums.reviewed.of_one, 0)::BIGINT AS reviewed, comments, share, interval_of_audit(share, sums) AS of_all FROM totals
)
SELECT kind, name, reviewed, comments, share, of_all.people AS people, of_all.low AS low, of_all.high AS high
FROM intervals ORDER BY kind, comments DESC, name;
