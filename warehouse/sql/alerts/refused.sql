-- Accounts that a source refused: private, deleted, renamed, blocked. They have no page of their own to look at.
SELECT NULL AS account, NULL AS label, platform || '/' || account || ' ' || error AS subject,
    format('{}/{} was refused by its source: {}{}', platform, account, error,
        coalesce(' (' || any_value(description) || ')', '')) AS said
FROM ingest_errors WHERE night = $night::DATE GROUP BY platform, account, error ORDER BY platform, account;
