-- Accounts that could not be collected: private, deleted, renamed, blocked. They have no page of their own.
-- Each is told once, and again when the error changes.
WITH before AS (
    SELECT DISTINCT platform, account, error FROM ingest_errors
    WHERE night = (SELECT max(night) FROM nights WHERE night < $night::DATE)
)
SELECT NULL AS account, NULL AS label, platform || '/' || account || ' ' || error AS subject,
    format('{}/{} could not be collected: {}{}', platform, account, error,
        coalesce(' (' || any_value(description) || ')', '')) AS message
FROM ingest_errors ANTI JOIN before USING (platform, account, error)
WHERE night = $night::DATE GROUP BY platform, account, error ORDER BY platform, account;
