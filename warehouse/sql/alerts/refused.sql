-- Accounts that a source refused: private, deleted, renamed, blocked.
SELECT platform || '/' || account AS account, NULL AS label,
    format('the source refused: {}{}', error, coalesce(' (' || any_value(description) || ')', '')) AS said
FROM ingest_errors WHERE night = $night::DATE GROUP BY platform, account, error ORDER BY 1;
