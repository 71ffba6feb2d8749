-- What could not be collected, and why?
SELECT platform || '/' || account AS account, error, any_value(description) AS description, count(*) AS times, max(night) AS last_night
FROM ingest_errors GROUP BY ALL ORDER BY times DESC LIMIT 15;
