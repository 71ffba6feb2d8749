-- Whom do toxic comments attack?
SELECT attacked, sum(expected)::BIGINT AS expected_toxic, sum(expected) / sum(sum(expected)) OVER () AS share
FROM by_attacked WHERE attacked <> 'nobody' GROUP BY attacked ORDER BY expected_toxic DESC;
