-- Each category in the period and in the previous period of the same length, over several accounts or all. The changes are judged
-- among the six categories, those of a single account in the ranking, among all accounts.
WITH parts AS (
    SELECT *, coalesce(noise / sum(comments) OVER of_all ** 2, 0) + coalesce(noise_before / sum(comments_before) OVER of_all ** 2, 0) AS variance
    FROM compared_periods($first, $days, $before, $last)
    WHERE period = 0 AND is_of(platform, account, $only) AND is_among(platform, account, $places)
    WINDOW of_all AS (PARTITION BY label)
),
flagged AS (
    SELECT label, sum(flagged)::BIGINT AS flagged FROM flags
    WHERE day BETWEEN $first AND $last AND is_of(platform, account, $only) AND is_among(platform, account, $places) GROUP BY label
),
sums AS (
    SELECT label, sum(comments)::BIGINT AS comments, sum(comments_before)::BIGINT AS comments_before, sum(expected) / sum(comments) AS share, sum(off_by) AS off_by,
        share - sum(expected_before) / sum(comments_before) AS change, sum(variance) AS variance, freedom_of(variance, days_known) AS freedom
    FROM parts GROUP BY label HAVING sum(comments) > 0
),
tested AS (
    SELECT *, CASE WHEN least(comments, comments_before) >= few_comments() THEN chance_of_change(change, variance, freedom) END AS chance
    FROM sums
)
SELECT label, comments, share, margin_of_share(share, comments, off_by) AS margin, coalesce(flagged, 0) AS flagged, comments_before, change,
    margin_of_change(variance, freedom) AS change_margin,
    coalesce(chance <= (SELECT significant_up_to(list(chance)) FROM tested), false) AS is_significant
FROM tested LEFT JOIN flagged USING (label) ORDER BY share DESC;
