-- Every account that has scored comments.
SELECT DISTINCT platform || '/' || account AS account FROM score_bins ORDER BY ALL;
