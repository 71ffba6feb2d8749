-- What could not be collected.
SELECT platform || '/' || account AS account, error, any_value(description) AS description, count(*) AS times,
    max(night) AS last_night
FROM ingest_errors WHERE night BETWEEN $first AND $last GROUP BY ALL ORDER BY times DESC LIMIT 20;
