-- Whom toxic comments attack, by day. No rows where the model doesn't tell.
SELECT day, attacked, sum(comments)::BIGINT AS comments, sum(expected) AS toxic FROM by_attacked
WHERE day BETWEEN $first AND $last AND is_of(platform, account, $only) AND is_among(platform, account, $places)
GROUP BY ALL ORDER BY day, attacked;
