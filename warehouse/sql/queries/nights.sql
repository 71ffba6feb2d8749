-- How did the last nights go: comments, seconds, cost and errors?
SELECT night, comments_read AS collected, comments_kept AS accepted, comments_scored AS scored, seconds, cost_usd AS usd,
    ingest_errors AS errors, quality_warnings AS warnings
FROM nights ORDER BY night DESC LIMIT 14;
