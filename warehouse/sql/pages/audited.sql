-- What people found in the random audit of the period, for each category: the share that they see and that the model sees, how
-- many flags are right (precision) and how much of what is harmful is flagged (recall), with their intervals. Accounts without a
-- review are not in it.
WITH totals AS (
    SELECT label, sum(comments)::BIGINT AS comments, sum(expected) / sum(comments) AS share, total_of_sums(sums) AS sums,
        total_of_sums(of_flagged) AS of_flagged, total_of_sums(of_harmful) AS of_harmful
    FROM audited($first, $last)
    WHERE is_of(platform, account, $only) AND is_among(platform, account, $places) AND ($language IS NULL OR language = $language)
    GROUP BY label
),
intervals AS (
    SELECT label, comments, share, sums.reviewed.of_one::BIGINT AS reviewed, list_transform(
        [{of_model: share, sums: sums}, {of_model: 0.5, sums: of_flagged}, {of_model: 0.5, sums: of_harmful}],
        lambda one: interval_of_audit(one.of_model, one.sums)
    ) AS parts
    FROM totals
),
found AS (SELECT *, parts[1] AS of_all, parts[2] AS of_flagged, parts[3] AS of_harmful FROM intervals)
SELECT label, reviewed, comments, share, of_all.people AS people, of_all.low AS low, of_all.high AS high,
    share NOT BETWEEN of_all.low AND of_all.high AS is_off,
    of_flagged.people AS precision, of_flagged.low AS precision_low, of_flagged.high AS precision_high,
    of_harmful.people AS recall, of_harmful.low AS recall_low, of_harmful.high AS recall_high
FROM found WHERE of_all IS NOT NULL ORDER BY share DESC;
