-- Whom toxic comments attack, by day.
SELECT day, attacked, sum(comments)::BIGINT AS comments, sum(expected) AS toxic FROM by_attacked
WHERE day BETWEEN $first AND $last AND is_of(platform, account, $only) AND is_among(platform, account, $places)
    AND attacked <> 'nobody'
GROUP BY ALL ORDER BY day, attacked;
