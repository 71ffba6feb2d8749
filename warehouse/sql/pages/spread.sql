-- How many comments of the period have which probability of a category, in steps, and from where on the policy flags.
SELECT bin / bins() AS probability_from, (bin + 1) / bins() AS probability_to, sum(comments)::BIGINT AS comments,
    (SELECT any_value(flagged_from) FROM policy_rules WHERE label = $label AND tag IS NULL AND account IS NULL AND language IS NULL)
        AS flagged_from
FROM score_bins JOIN champion USING (model)
WHERE label = $label AND day BETWEEN $first AND $last AND is_of(platform, account, $account)
GROUP BY bin ORDER BY bin;
