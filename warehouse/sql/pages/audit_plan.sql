-- How many reviews of the audit the period needs for an interval of share ± margin, by category, if the model's probabilities
-- say how often it is wrong.
WITH sizes AS (
    SELECT size_in_audit(toxic) AS size, {toxic: toxic, severe_toxic: severe_toxic, obscene: obscene, threat: threat, insult: insult,
        identity_hate: identity_hate} AS scores
    FROM comments_scored WHERE posted_at >= $first AND posted_at < $last::DATE + 1 AND is_of(platform, account, $only) AND toxic IS NOT NULL
),
by_label AS (
    SELECT label, size, score_of(scores, label) AS p
    FROM sizes, (SELECT DISTINCT label FROM policy_rules)
)
SELECT label, count(*) AS comments, avg(p) AS share,
    least(ceil(sum(p * (1 - p) / size) * sum(size) / ($margin * count(*) / deviations_of_95()) ** 2), count(*))::BIGINT AS reviews
FROM by_label GROUP BY label ORDER BY share DESC;
