-- For each threshold of a category: how many comments of the period it would flag, the estimated share of correct
-- flags, and the share that reviewers confirmed among the reviewed ones, of which each bin has so many.
WITH scored AS (
    SELECT bin, sum(comments) AS comments, sum(expected) AS expected FROM score_bins JOIN champion USING (model)
    WHERE label = $label AND day BETWEEN $first AND $last AND is_of(platform, account, $account) GROUP BY bin
),
judged AS (SELECT unnest($reviewed::STRUCT(bin TINYINT, reviewed BIGINT, agreed BIGINT)[], recursive := true)),
sums AS (
    SELECT choice, sum(comments)::BIGINT AS flagged, sum(expected) / sum(comments) AS expected_precision,
        coalesce(sum(reviewed), 0)::BIGINT AS n, coalesce(sum(j.agreed), 0)::BIGINT AS agreed
    FROM range(1, bins()) t(choice) JOIN scored f ON f.bin >= choice LEFT JOIN judged j USING (bin) GROUP BY choice
)
SELECT choice / bins() AS flagged_from, flagged, expected_precision, n AS reviewed, agreed / nullif(n, 0) AS precision,
    margin_of_count(agreed, n) AS margin,
    p.flagged_from IS NOT NULL AS is_policy
FROM sums LEFT JOIN (
    SELECT flagged_from FROM policy_rules WHERE label = $label AND tag IS NULL AND account IS NULL AND language IS NULL
) p ON first_bin(p.flagged_from) = choice
ORDER BY choice;
