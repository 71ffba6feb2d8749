-- Terms of an account: the ones behind its toxicity, and the ones used more often (per 1,000 comments) than in the four weeks
-- before, or in as many days before as the period has. Terms come in bursts: how far days differ is counted as chance.
WITH by_day AS (
    SELECT day, day >= $first AS is_now, comments, expected, of_days
    FROM days LEFT JOIN likeness USING (platform, account, day, model, label) JOIN champion USING (model)
    WHERE is_of(platform, account, $account) AND label = 'toxic' AND day BETWEEN $first::DATE - greatest($days, usual_days()) AND $last
),
totals AS (
    SELECT is_now, sum(comments) AS of_all, sum(comments ** 2) AS squared, count(*) AS days, sum(expected) / sum(comments) AS toxic_share,
        coalesce(arg_min(of_days, day), 0) AS of_days
    FROM by_day GROUP BY is_now
),
sums AS (
    SELECT term, is_now, bool_or(is_listed) AS is_listed, sum(t.comments)::BIGINT AS used, sum(t.comments ** 2) AS used_squared,
        sum(t.comments * d.comments) AS used_times_all, sum(t.expected) AS toxic
    FROM terms t JOIN champion USING (model) JOIN by_day d USING (day) WHERE is_of(platform, account, $account) GROUP BY ALL
),
sides AS ( -- burst: the days' squared deviations from the term's share, as a multiple of chance
    SELECT *, used / of_all AS share,
        greatest((used_squared - 2 * share * used_times_all + share ** 2 * squared) / used * days / greatest(days - 1, 1), 1) AS burst,
        median(burst) OVER () AS usual_burst
    FROM sums JOIN totals USING (is_now)
),
measured AS (
    SELECT n.term, n.is_listed, n.used AS comments, n.share, coalesce(b.share, 0) AS share_before, n.toxic, n.toxic / n.used AS toxic_share,
        n.toxic - n.used * n.toxic_share AS excess, n.days - 1 AS freedom,
        noise_of(n.used * n.toxic_share, n.used, n.used_squared, 0, n.of_days, 0) AS excess_variance,
        if(n.days > 1, n.burst, coalesce(b.burst, n.usual_burst)) * n.used / n.of_all ** 2 AS variance_now,
        coalesce(b.burst * b.used / b.of_all ** 2, n.usual_burst * n.used / n.of_all / t.of_all) AS variance_before,
        variance_now + variance_before AS variance,
        variance ** 2 / (variance_now ** 2 / greatest(if(n.days > 1, n.days, t.days) - 1, 1)
            + variance_before ** 2 / greatest(t.days - 1, 1)) AS rise_freedom
    FROM sides n LEFT JOIN sides b ON b.term = n.term AND NOT b.is_now LEFT JOIN totals t ON NOT t.is_now
    WHERE n.is_now
),
tested AS (
    SELECT *, chance_of_change(share - share_before, variance, rise_freedom) AS chance,
        CASE WHEN excess_variance > 0 THEN chance_beyond(excess / sqrt(excess_variance)) END AS excess_chance
    FROM measured
),
ranked AS (
    SELECT *, row_number() OVER (ORDER BY excess DESC, term) AS by_excess,
        row_number() OVER (ORDER BY (share - share_before) / sqrt(variance) DESC NULLS LAST, term) AS by_rise
    FROM tested
),
shown AS (
    SELECT *, by_excess <= 8 AND excess >= 0.5 AND coalesce(excess_chance <= (SELECT significant_up_to(list(excess_chance)) FROM tested), false) AS drives,
        by_rise <= 8 AND share > share_before AND coalesce(chance <= (SELECT significant_up_to(list(chance)) FROM tested), false) AS rises
    FROM ranked WHERE drives OR rises
)
SELECT term, is_listed, comments, 1000 * share AS now, 1000 * share_before AS before, toxic_share, excess, drives, rises
FROM shown ORDER BY by_rise;
