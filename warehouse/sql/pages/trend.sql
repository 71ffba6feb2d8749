-- The estimated share of each category by day, over one account ("instagram/nasa"), several, or all; on request without
-- spam, of which flags are not counted.
SELECT day, label, sum(comments)::BIGINT AS comments, sum(expected) / sum(comments) AS share,
    margin_of_all(margin, comments) AS margin, sum(flagged)::BIGINT AS flagged
FROM (
    SELECT platform, account, day, label, comments, expected, margin, flagged FROM daily WHERE $spam IS DISTINCT FROM 'without'
    UNION ALL
    SELECT platform, account, day, label, comments, expected, margin, NULL FROM daily_without_spam WHERE $spam = 'without'
)
WHERE day BETWEEN $first AND $last AND is_of(platform, account, $only) AND is_among(platform, account, $places)
GROUP BY ALL ORDER BY day, label;
