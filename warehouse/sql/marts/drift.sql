-- Compares each day's scores, languages, lengths and volume with the 28 days before; recomputed from the first day whose
-- scores this publish loaded.
SET VARIABLE from_day = (SELECT CASE WHEN EXISTS (FROM drift) THEN getvariable('loaded_from') ELSE min(day) END FROM score_bins);

DELETE FROM drift WHERE day >= getvariable('from_day');
CREATE OR REPLACE TEMP TABLE apart AS
WITH volumes AS (
    SELECT platform, account, day, model, comments FROM days
    WHERE label = 'toxic' AND day >= getvariable('from_day') - usual_days()
),
counted AS (
    SELECT platform, account, day, model, label, bin, sum(comments) AS n FROM score_bins
    WHERE day >= getvariable('from_day') - usual_days() GROUP BY ALL
    UNION ALL
    SELECT platform, account, day, model, 'language', coalesce(list_position(languages(), language), bins() - 1), sum(comments)
    FROM (
        SELECT platform, account, day, model, language, comments FROM score_bins WHERE label = 'toxic'
        UNION ALL SELECT platform, account, day, model, language, comments FROM unjudged
    ) WHERE day >= getvariable('from_day') - usual_days() GROUP BY ALL
    UNION ALL
    SELECT platform, account, day, model, 'length', bin, l.comments FROM lengths l JOIN volumes USING (platform, account, day)
),
grid AS (
    SELECT d.*, b.bin, coalesce(c.n, 0) AS n
    FROM (SELECT DISTINCT platform, account, day, model, label FROM counted) d CROSS JOIN range(bins()) b(bin)
    LEFT JOIN counted c USING (platform, account, day, model, label, bin)
),
moved AS (
    SELECT *, coalesce(sum(n) OVER (
        PARTITION BY platform, account, model, label, bin ORDER BY day - DATE '2000-01-01'
        RANGE BETWEEN usual_days() PRECEDING AND 1 PRECEDING
    ), 0) AS n_before
    FROM grid
),
expected AS (
    SELECT *, (n_before + 0.5) / (sum(n_before) OVER (PARTITION BY platform, account, day, model, label) + bins() / 2) AS q
    FROM moved WHERE day >= getvariable('from_day')
),
shares AS ( -- a day's empty bins are filled as the days before were, so that an ordinary day does not look moved
    SELECT *, (n + q * bins() / 2) / (sum(n) OVER w + bins() / 2) AS p,
        abs(sum(n) OVER up / sum(n) OVER w - sum(n_before) OVER up / nullif(sum(n_before) OVER w, 0)) AS apart
    FROM expected
    WINDOW w AS (PARTITION BY platform, account, day, model, label),
        up AS (PARTITION BY platform, account, day, model, label ORDER BY bin)
)
SELECT platform, account, day, model, label, sum(n)::BIGINT AS comments, nullif(sum(n_before), 0)::BIGINT AS comments_before,
    sum((p - q) * ln(p / q)) AS psi, CASE WHEN label <> 'language' THEN max(apart) END AS ks
FROM shares GROUP BY platform, account, day, model, label;

-- By chance, psi ÷ (1/n + 1/n before) is chi-squared with 19 degrees of freedom. Days differ anyway: a shift also has to be
-- more than the logarithms of the days before lead to expect. It is significant among all that are compared on its day.
INSERT INTO drift
WITH compared AS (
    FROM apart UNION ALL BY NAME
    SELECT platform, account, day, model, label, comments, comments_before, psi, ks FROM drift
    WHERE day >= getvariable('from_day') - usual_days() AND label <> 'volume'
),
measured AS (
    SELECT *, 1 / comments + 1 / comments_before AS of_one, ln(greatest(psi / of_one, 1)) AS moved,
        avg(moved) OVER before AS usual, count(moved) OVER before - 1 AS freedom,
        var_samp(moved) OVER before * (1 + 1 / (freedom + 1)) AS variance
    FROM compared
    WINDOW before AS (PARTITION BY platform, account, model, label ORDER BY day - DATE '2000-01-01' RANGE BETWEEN usual_days() PRECEDING AND 1 PRECEDING)
    QUALIFY day >= getvariable('from_day')
),
tested AS (
    SELECT *, moved - usual AS more, CASE WHEN freedom >= least_days() - 1 THEN greatest(
        chance_of_squares(psi / of_one, bins() - 1), if(more > 0, chance_of_change(more, variance, freedom) / 2, 0.5)
    ) END AS chance
    FROM measured
),
limits AS (SELECT day, model, significant_up_to(list(chance)) AS chance_limit FROM tested GROUP BY ALL),
volumes AS (
    SELECT platform, account, day, model, comments FROM days
    WHERE label = 'toxic' AND day >= getvariable('from_day') - usual_days()
)
SELECT platform, account, day, model, label, comments, comments_before, NULL AS usual, psi,
    greatest(30.14, exp(usual + coalesce(margin_of_change(variance, freedom), 0))) * of_one AS psi_by_chance, -- chi-squared, 95%
    coalesce(psi > shift_from() AND chance <= chance_limit, false) AS is_shift, ks,
    CASE WHEN label <> 'language' THEN 1.36 * sqrt(of_one) END AS ks_by_chance -- 95%
FROM tested JOIN limits USING (day, model)
UNION ALL
SELECT platform, account, day, model, 'volume', comments, sum(comments) OVER before, median(comments) OVER before AS usual,
    NULL, NULL,
    coalesce(count(*) OVER before >= least_days()
        AND abs(comments - usual) > 4 * greatest(1.4826 * mad(comments) OVER before, 0.1 * usual, sqrt(usual)), false),
    NULL, NULL
FROM volumes
WINDOW before AS (PARTITION BY platform, account, model ORDER BY day - DATE '2000-01-01' RANGE BETWEEN usual_days() PRECEDING AND 1 PRECEDING)
QUALIFY day >= getvariable('from_day')
ORDER BY day, platform, account, model, label;
