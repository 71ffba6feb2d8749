-- Metrics of the last night for Prometheus: rows, seconds, cost, errors, failed checks and drift.
WITH last_night AS (SELECT max(night) AS night FROM stages)
SELECT 'newest_night_timestamp_seconds' AS metric, NULL AS stage, epoch(max(last_night)) AS value FROM comments
UNION ALL SELECT 'comments', NULL, count(*) FROM comments
UNION ALL SELECT 'night_rows', stage, rows_out FROM stages JOIN last_night USING (night)
UNION ALL SELECT 'night_seconds', stage, seconds FROM stages JOIN last_night USING (night)
UNION ALL SELECT 'night_cost_usd', NULL, coalesce(sum(cost_usd), 0) FROM runs JOIN last_night USING (night)
UNION ALL SELECT 'night_ingest_errors', NULL, count(*) FROM ingest_errors JOIN last_night USING (night)
UNION ALL SELECT 'night_broken_rules', NULL, count(*) FROM quality JOIN last_night USING (night) WHERE NOT is_met
UNION ALL SELECT 'night_drifted', NULL, count(*) FROM drift JOIN champion USING (model)
    JOIN last_night ON drift.day = last_night.night WHERE is_shift
ORDER BY ALL;
