-- Terms of an account: the ones behind its toxicity, and the ones used more often (per 1,000 comments) than in the
-- previous period.
WITH totals AS (
    SELECT sum(comments) FILTER (day >= $first) AS now, sum(comments) FILTER (day < $first) AS before,
        sum(expected) / sum(comments) AS share
    FROM days JOIN champion USING (model)
    WHERE is_of(platform, account, $account) AND day BETWEEN $before AND $last AND label = 'toxic'
),
counted AS (
    SELECT term, bool_or(is_listed) AS is_listed,
        coalesce(sum(comments) FILTER (day >= $first), 0)::BIGINT AS comments,
        coalesce(sum(comments) FILTER (day < $first), 0) * any_value(now / before) AS as_before, -- NULL: nothing to compare
        any_value(1000 / now) AS per_thousand, any_value(share) AS share,
        sum(expected) FILTER (day >= $first) AS toxic
    FROM terms JOIN champion USING (model), totals
    WHERE is_of(platform, account, $account) AND day BETWEEN $before AND $last GROUP BY term
),
ranked AS (
    SELECT *, toxic - comments * share AS excess, (comments - as_before) / sqrt(comments + as_before) AS rise,
        row_number() OVER (ORDER BY excess DESC, term) AS by_excess, row_number() OVER (ORDER BY rise DESC NULLS LAST, term) AS by_rise
    FROM counted WHERE comments > 0
)
SELECT term, is_listed, comments, comments * per_thousand AS now, as_before * per_thousand AS before,
    toxic / comments AS toxic_share, excess, by_excess <= 8 AND excess >= 0.5 AS drives,
    by_rise <= 8 AND coalesce(rise > 2, false) AS rises
FROM ranked WHERE drives OR rises ORDER BY rise DESC;
