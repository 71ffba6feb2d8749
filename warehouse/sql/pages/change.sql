-- Each category in the period and in the previous period of the same length, over some accounts or all.
WITH sides AS (
    SELECT label, day >= $first AS is_now, sum(comments)::BIGINT AS comments, sum(expected) / sum(comments) AS share,
        margin_of_all(margin, comments) AS margin, sum(flagged)::BIGINT AS flagged
    FROM daily
    WHERE day BETWEEN $before AND $last AND is_of(platform, account, $only) AND is_among(platform, account, $places)
    GROUP BY ALL
)
SELECT n.label, n.comments, n.share, n.margin, n.flagged, b.comments AS comments_before, n.share - b.share AS change,
    margin_of_change(n.margin, b.margin) AS change_margin
FROM sides n LEFT JOIN sides b ON b.label = n.label AND NOT b.is_now
WHERE n.is_now ORDER BY n.share DESC;
