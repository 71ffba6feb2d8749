-- Accounts that could not be collected: private, deleted, renamed, blocked; and those whose items have other fields than
-- before. They have no page of their own.
-- Each is told once, and again when the error changes.
WITH before AS (
    SELECT DISTINCT platform, account, error FROM ingest_errors
    WHERE night = (SELECT max(night) FROM nights WHERE night < $night::DATE)
)
SELECT NULL AS account, NULL AS label, platform || '/' || account || ' ' || error AS subject,
    format(if(error = 'source_changed', '{}/{} arrives with other fields: {}{}', '{}/{} could not be collected: {}{}'),
        platform, account, error,
        coalesce(' (' || array_to_string(list(DISTINCT description ORDER BY description)[:3], ' ') || ')', '')) AS message
FROM ingest_errors ANTI JOIN before USING (platform, account, error)
WHERE night = $night::DATE GROUP BY platform, account, error ORDER BY platform, account;
