-- What kinds of toxicity are there, and how much of each?
SELECT label AS category, sum(expected) / sum(comments) AS share, sum(expected)::BIGINT AS expected_comments,
    sum(flagged)::BIGINT AS flagged
FROM daily GROUP BY ALL ORDER BY share DESC;
