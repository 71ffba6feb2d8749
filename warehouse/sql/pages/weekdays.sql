-- One category by weekday (1 is Monday) and hour, both in UTC.
SELECT isodow(day) AS weekday, hour, sum(comments)::BIGINT AS comments, sum(expected) / sum(comments) AS share
FROM hours JOIN champion USING (model)
WHERE label = $label AND day BETWEEN $first AND $last AND is_of(platform, account, $account)
GROUP BY ALL ORDER BY ALL;
