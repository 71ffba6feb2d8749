-- The checks of the last night, failed ones first.
SELECT expectation, column_name, level, is_met, observed, unexpected_count FROM quality
WHERE night = (SELECT max(night) FROM quality) ORDER BY is_met, level, expectation;
