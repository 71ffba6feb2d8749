-- Flagged comments by day and highest severity.
SELECT day, severity, count(*) AS comments FROM flagged_comments
WHERE day BETWEEN $first AND $last AND is_of(platform, account, $only) AND is_among(platform, account, $places)
GROUP BY ALL ORDER BY day, severity;
