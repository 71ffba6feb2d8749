-- Checks of the night's data that failed.
SELECT NULL AS account, NULL AS label, expectation || coalesce(' of ' || column_name, '') AS subject,
    format('a check failed: “{}” Found: {}.', expectation, coalesce(observed, 'nothing')) AS message
FROM quality WHERE night = $night::DATE AND NOT is_met ORDER BY expectation;
