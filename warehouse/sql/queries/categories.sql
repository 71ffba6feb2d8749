-- How common is each kind of toxicity?
SELECT label AS category, sum(expected) / sum(comments) AS share, sum(expected)::BIGINT AS expected_comments,
    sum(flagged)::BIGINT AS flagged
FROM daily GROUP BY ALL ORDER BY share DESC;
