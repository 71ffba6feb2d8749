-- Authors by day, how many are new, and whether that is a burst: more than four median deviations above the 28 days before.
WITH by_day AS (
    SELECT day, sum(authors)::BIGINT AS authors, sum(new_authors)::BIGINT AS new_authors FROM newcomers
    WHERE day BETWEEN $first::DATE - usual_days() AND $last AND is_of(platform, account, $only) AND is_among(platform, account, $places)
    GROUP BY day
),
compared AS (
    SELECT *, median(new_authors) OVER before AS usual, mad(new_authors) OVER before AS deviation, count(*) OVER before AS days
    FROM by_day WINDOW before AS (ORDER BY day RANGE BETWEEN INTERVAL (usual_days()) DAY PRECEDING AND INTERVAL 1 DAY PRECEDING)
)
SELECT day, authors, new_authors, usual, coalesce(days >= least_days() AND new_authors > usual + 4 * 1.4826 * greatest(deviation, sqrt(usual)), false) AS is_burst
FROM compared WHERE day >= $first ORDER BY day;
