-- The estimated share of each category by day, over one account ("instagram/nasa"), several, or all.
SELECT day, label, sum(comments)::BIGINT AS comments, sum(expected) / sum(comments) AS share,
    margin_of_all(margin, comments) AS margin, sum(flagged)::BIGINT AS flagged
FROM daily
WHERE day BETWEEN $first AND $last AND is_of(platform, account, $only) AND is_among(platform, account, $places)
GROUP BY ALL ORDER BY day, label;
