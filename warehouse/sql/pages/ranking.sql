-- Accounts by the change of one category from the previous period, with their daily shares.
WITH daily_shares AS (
    SELECT platform, account, list({day: day, share: share} ORDER BY day) AS daily_shares, sum(flagged)::BIGINT AS flagged
    FROM daily WHERE label = $label AND day BETWEEN $first AND $last GROUP BY ALL
),
coverage AS ( -- of the posts collected in the period
    SELECT platform, account, coverage_of(captured, comment_count) AS coverage
    FROM post_coverage WHERE night >= $first AND comment_count IS NOT NULL GROUP BY ALL
)
SELECT n.platform || '/' || n.account AS account, n.comments, n.share, n.margin, d.flagged, n.change, n.change_margin, n.is_significant,
    c.coverage, d.daily_shares
FROM changes($first, $days, $before, $last) n
JOIN daily_shares d USING (platform, account) LEFT JOIN coverage c USING (platform, account)
WHERE n.period = 0 AND n.label = $label
ORDER BY is_significant DESC, abs(n.change) DESC NULLS LAST, n.share DESC;
