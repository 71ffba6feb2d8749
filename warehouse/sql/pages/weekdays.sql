-- One category by weekday (1 = Monday) and hour in a time zone; the period itself is in UTC days.
SELECT isodow(posted) AS weekday, hour(posted) AS hour, sum(comments)::BIGINT AS comments,
    sum(expected) / sum(comments) AS share
FROM (
    SELECT comments, expected, (day + to_hours(hour)) AT TIME ZONE 'UTC' AT TIME ZONE $zone AS posted
    FROM hours JOIN champion USING (model)
    WHERE label = $label AND day BETWEEN $first AND $last AND is_of(platform, account, $account)
)
GROUP BY ALL ORDER BY ALL;
