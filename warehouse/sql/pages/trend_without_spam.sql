-- The same without spam, of which flags are not counted.
SELECT day, label, sum(comments)::BIGINT AS comments, sum(expected) / sum(comments) AS share,
    margin_of_all(margin, comments) AS margin, NULL::BIGINT AS flagged
FROM daily_without_spam
WHERE day BETWEEN $first AND $last AND is_of(platform, account, $only) AND is_among(platform, account, $places)
GROUP BY ALL ORDER BY day, label;
