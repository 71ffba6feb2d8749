-- Share of flags that reviewers confirmed, by week and category.
SELECT week, label AS category, flagged, agreed, precision, margin FROM flag_precision
WHERE week BETWEEN $first - 7 AND $last ORDER BY week DESC, flagged DESC;
