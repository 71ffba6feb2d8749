-- Rules about the night's data that were not kept.
SELECT NULL AS account, NULL AS label, expectation || coalesce(' of ' || column_name, '') AS subject,
    format('{} was not met: {}', subject, coalesce(observed, '?')) AS said
FROM quality WHERE night = $night::DATE AND NOT is_met ORDER BY expectation;
