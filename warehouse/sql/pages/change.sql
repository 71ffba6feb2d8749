-- Each category in the period and in the previous period of the same length, over some accounts or all.
WITH sides AS (
    SELECT label, day >= $first AS is_now, sum(comments)::BIGINT AS comments, sum(expected) / sum(comments) AS share,
        sqrt(sum((margin * comments) ** 2)) / sum(comments) AS margin, sum(flagged)::BIGINT AS flagged
    FROM daily
    WHERE day BETWEEN $before AND $last AND is_of(platform, account, $only) AND is_among(platform, account, $places)
    GROUP BY ALL
)
SELECT n.label, n.comments, n.share, n.margin, n.flagged, b.comments AS comments_before, n.share - b.share AS change,
    sqrt(n.margin ** 2 + b.margin ** 2) AS change_margin
FROM sides n LEFT JOIN sides b ON b.label = n.label AND NOT b.is_now
WHERE n.is_now ORDER BY n.share DESC;
