-- Every account that has scored comments.
SELECT DISTINCT platform || '/' || account AS account FROM thresholds ORDER BY ALL;
