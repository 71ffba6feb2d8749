-- The standard error of a calibration's shift, and the shares that the model, before it, and people see in its comments.
WITH sample AS (
    SELECT weight, y, p, calibrated(p, {shift: $shift::DOUBLE, slope: $slope::DOUBLE}, NULL)::DOUBLE AS q
    FROM (SELECT unnest($weights::DOUBLE[]) AS weight, unnest($people::DOUBLE[]) AS y, unnest($scores::DOUBLE[]) AS p)
),
totals AS (
    SELECT sums_of_audit(weight, y, q) AS sums, sum(weight * q * (1 - q)) / sum(weight) AS steepness,
        sum(weight * p) / sum(weight) AS share, sum(weight * q) / sum(weight) AS calibrated_share, sum(weight * y) / sum(weight) AS people
    FROM sample
)
SELECT sqrt(variance_of_audit(calibrated_share, sums)) / steepness AS error, share, people FROM totals;
