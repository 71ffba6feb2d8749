-- Shares of languages in the period and in the previous one.
WITH sums AS (
    SELECT language, sum(comments) FILTER (day >= $first)::BIGINT AS comments, sum(comments) FILTER (day < $first) AS before
    FROM languages_judged WHERE day BETWEEN $before AND $last GROUP BY ALL
)
SELECT language, comments, comments / sum(comments) OVER () AS share, before / sum(before) OVER () AS share_before
FROM sums ORDER BY comments DESC NULLS LAST LIMIT 10;
