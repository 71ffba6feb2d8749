-- Accounts by the change of one category from the previous period, with their daily shares.
WITH sides AS (
    SELECT platform, account, day >= $first AS is_now, sum(comments)::BIGINT AS comments,
        sum(expected) / sum(comments) AS share, margin_of_all(margin, comments) AS margin,
        list(share ORDER BY day) AS daily_shares
    FROM daily WHERE label = $label AND day BETWEEN $before AND $last
    GROUP BY ALL
),
flagged AS (
    SELECT platform, account, sum(flagged)::BIGINT AS flagged
    FROM flags WHERE label = $label AND day BETWEEN $first AND $last GROUP BY ALL
),
coverage AS ( -- of the posts collected in the period
    SELECT platform, account, coverage_of(captured, comment_count) AS coverage
    FROM post_coverage WHERE night >= $first AND comment_count IS NOT NULL GROUP BY ALL
)
SELECT n.platform || '/' || n.account AS account, n.comments, n.share, n.margin, coalesce(flagged, 0) AS flagged,
    n.share - b.share AS change, margin_of_change(n.margin, b.margin) AS change_margin, coverage, n.daily_shares
FROM sides n
LEFT JOIN sides b ON b.platform = n.platform AND b.account = n.account AND NOT b.is_now
LEFT JOIN flagged f ON f.platform = n.platform AND f.account = n.account
LEFT JOIN coverage c ON c.platform = n.platform AND c.account = n.account
WHERE n.is_now ORDER BY abs(change) DESC NULLS LAST, n.share DESC;
