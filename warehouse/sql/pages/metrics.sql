-- Metrics for Prometheus: rows, seconds, cost, errors, failed checks and drift of the last night; service levels.
WITH last_night AS (SELECT max(night) AS night FROM stages)
SELECT 'newest_night_timestamp_seconds' AS metric, NULL AS stage, NULL AS account, epoch(max(last_night)) AS value FROM comments
UNION ALL SELECT 'comments', NULL, NULL, count(*) FROM comments
UNION ALL SELECT 'night_rows', stage, NULL, rows_out FROM stages JOIN last_night USING (night)
UNION ALL SELECT 'night_seconds', stage, NULL, seconds FROM stages JOIN last_night USING (night)
UNION ALL SELECT 'night_cost_usd', NULL, NULL, coalesce(sum(cost_usd), 0) FROM runs JOIN last_night USING (night)
UNION ALL SELECT 'night_ingest_errors', NULL, NULL, count(*) FROM ingest_errors JOIN last_night USING (night)
UNION ALL SELECT 'night_broken_rules', NULL, NULL, count(*) FROM quality JOIN last_night USING (night) WHERE NOT is_met
UNION ALL SELECT 'night_drifted', NULL, NULL, count(*) FROM drift JOIN champion USING (model)
    JOIN last_night ON drift.day = last_night.night WHERE is_shift
UNION ALL SELECT 'nights_on_time_ratio', NULL, NULL, kept FROM service_levels($at::TIMESTAMPTZ) WHERE level = 'on time'
UNION ALL SELECT 'error_budget_left_ratio', NULL, NULL, budget_left FROM service_levels($at::TIMESTAMPTZ) WHERE level = 'on time'
UNION ALL SELECT 'account_collected_ratio', NULL, account, kept FROM service_levels($at::TIMESTAMPTZ) WHERE level = 'collected'
ORDER BY ALL;
