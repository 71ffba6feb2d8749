-- The same for one category, by account and by language. Where fewer than two comments were reviewed, nobody knows.
WITH of_label AS (
    FROM audited($first, $last) WHERE label = $label AND is_of(platform, account, $only) AND is_among(platform, account, $places)
),
sections AS (
    SELECT 'account' AS kind, platform || '/' || account AS name, * FROM of_label UNION ALL SELECT 'language', language, * FROM of_label
),
shares AS (
    SELECT kind, name, sum(reviewed)::BIGINT AS reviewed, sum(comments)::BIGINT AS comments, sum(expected) / sum(comments) AS share,
        CASE WHEN sum(reviewed) > 1 THEN audited_share(share, sums) END AS people,
        CASE WHEN sum(reviewed) > 1 THEN doubt_of(people, variance_of_audit(sums), sum(reviewed)) END AS doubt
    FROM sections GROUP BY kind, name
)
SELECT kind, name, reviewed, comments, share, people, middle_of(people, doubt) - margin_of_doubt(people, doubt) AS low,
    middle_of(people, doubt) + margin_of_doubt(people, doubt) AS high
FROM shares ORDER BY kind, comments DESC, name;
