-- What did the last nights read, keep, score, take and cost?
SELECT night, comments_read AS "read", comments_kept AS kept, comments_scored AS scored, seconds, cost_usd AS usd,
    ingest_errors AS errors, quality_warnings AS warnings
FROM nights ORDER BY night DESC LIMIT 14;
