-- What people found in the random audit of the period, for each category: the share that they see, with its interval from `low`
-- to `high`, and that the model sees, and precision and recall of the flags. Accounts without a review are not in it.
WITH shares AS (
    SELECT label, sum(reviewed)::BIGINT AS reviewed, sum(comments)::BIGINT AS comments, sum(expected) / sum(comments) AS share,
        audited_share(share, sums) AS people, doubt_of(people, variance_of_audit(sums), sum(reviewed)) AS doubt,
        sum(harmful) AS harmful, sum(found) AS found, sum(flagged) AS flagged
    FROM audited($first, $last)
    WHERE is_of(platform, account, $only) AND is_among(platform, account, $places) AND ($language IS NULL OR language = $language)
    GROUP BY label HAVING sum(reviewed) > 1
)
SELECT label, reviewed, comments, share, people, middle_of(people, doubt) - margin_of_doubt(people, doubt) AS low,
    middle_of(people, doubt) + margin_of_doubt(people, doubt) AS high, share NOT BETWEEN low AND high AS is_off,
    found / nullif(flagged, 0) AS precision, found / nullif(harmful, 0) AS recall
FROM shares ORDER BY share DESC;
