-- How far each day's scores are from those of the 28 days before, from the first day on whose scores this publish loaded.
SET VARIABLE from_day = (SELECT CASE WHEN EXISTS (FROM drift) THEN getvariable('loaded_from') ELSE min(day) END FROM score_bins);

DELETE FROM drift WHERE day >= getvariable('from_day');
INSERT INTO drift
WITH counted AS (
    SELECT platform, account, day, model, label, bin, sum(comments) AS n FROM score_bins
    WHERE day >= getvariable('from_day') - 28 GROUP BY ALL
),
grid AS (
    SELECT d.*, b.bin, coalesce(c.n, 0) AS n
    FROM (SELECT DISTINCT platform, account, day, model, label FROM counted) d CROSS JOIN range(20) b(bin)
    LEFT JOIN counted c USING (platform, account, day, model, label, bin)
),
moved AS (
    SELECT *, coalesce(sum(n) OVER (
        PARTITION BY platform, account, model, label, bin ORDER BY day - DATE '2000-01-01'
        RANGE BETWEEN 28 PRECEDING AND 1 PRECEDING
    ), 0) AS n_before
    FROM grid
),
shares AS (
    SELECT *, (n + 0.5) / (sum(n) OVER w + 10) AS p, (n_before + 0.5) / (sum(n_before) OVER w + 10) AS q
    FROM moved WHERE day >= getvariable('from_day')
    WINDOW w AS (PARTITION BY platform, account, day, model, label)
)
SELECT platform, account, day, model, label, sum(n)::BIGINT AS comments, nullif(sum(n_before), 0)::BIGINT AS comments_before,
    sum((p - q) * ln(p / q)) AS psi,
    30.14 * (1 / comments + 1 / comments_before) AS psi_by_chance, -- chi-squared, 19 bins, 95 %
    psi > greatest(0.25, psi_by_chance) AS is_shift
FROM shares GROUP BY platform, account, day, model, label
ORDER BY day, platform, account, model, label;
