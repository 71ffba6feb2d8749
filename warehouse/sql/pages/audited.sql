-- What people found in the random audit of the period, for each category: the share that they see and that the model sees, and
-- precision and recall of the flags. Accounts without a review are not in it.
WITH sums AS (
    SELECT label, sum(reviewed)::BIGINT AS reviewed, sum(comments)::BIGINT AS comments, sum(expected) / sum(comments) AS share,
        greatest(share + sum(correction) / sum(comments), 0) AS audited_share, margin_of_audit(sum(noise), sum(comments), sum(reviewed)) AS margin,
        sum(harmful) AS harmful, sum(found) AS found, sum(flagged) AS flagged
    FROM audited($first, $last) WHERE is_of(platform, account, $only) AND is_among(platform, account, $places) GROUP BY label
)
SELECT label, reviewed, comments, share, audited_share, margin,
    coalesce(abs(audited_share - share) > margin, false) AS is_off,
    found / nullif(flagged, 0) AS precision, found / nullif(harmful, 0) AS recall
FROM sums WHERE reviewed > 1 ORDER BY share DESC;
