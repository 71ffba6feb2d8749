-- Accounts that could not be collected: private, deleted, renamed, blocked. They have no page of their own.
SELECT NULL AS account, NULL AS label, platform || '/' || account || ' ' || error AS subject,
    format('{}/{} could not be collected: {}{}', platform, account, error,
        coalesce(' (' || any_value(description) || ')', '')) AS message
FROM ingest_errors WHERE night = $night::DATE GROUP BY platform, account, error ORDER BY platform, account;
