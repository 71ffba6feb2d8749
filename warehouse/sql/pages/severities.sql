-- Flagged comments by day and highest severity.
SELECT day, severity, count(*) AS comments FROM comments_like($first, $last, $only, $places, NULL, NULL, NULL, NULL, NULL, NULL)
WHERE severity <> 'none' GROUP BY ALL ORDER BY day, severity;
