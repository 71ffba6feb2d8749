-- Accounts with scored comments.
SELECT DISTINCT platform || '/' || account AS account FROM thresholds ORDER BY ALL;
