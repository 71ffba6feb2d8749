-- Rules about the night's data that were not kept.
SELECT NULL AS account, NULL AS label,
    format('{}{} was not met: {}', expectation, coalesce(' of ' || column_name, ''), coalesce(observed, '?')) AS said
FROM quality WHERE night = $night::DATE AND NOT is_met ORDER BY expectation;
