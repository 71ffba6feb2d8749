-- The interval that the period's share of a category would have with ten to ten thousand comments.
WITH period AS (
    SELECT sum(expected) / sum(comments) AS share FROM daily
    WHERE label = $label AND day BETWEEN $first AND $last AND is_of(platform, account, $account)
)
SELECT comments, share, margin_of_share(share, comments, 0) AS margin
FROM period, unnest([10, 30, 100, 300, 1000, 3000, 10000]) t(comments) WHERE share IS NOT NULL;
