-- Estimated shares over the days that both versions have, by account and category; the largest differences first.
WITH paired AS (
    SELECT o.platform || '/' || o.account AS account, label, sum(o.share * o.comments) / sum(o.comments) AS before,
        sum(n.share * n.comments) / sum(n.comments) AS after, sum(o.flagged) AS flagged_before, sum(n.flagged) AS flagged_after
    FROM old.daily o JOIN new.daily n USING (platform, account, day, label) GROUP BY ALL
)
SELECT account, label, before, after, after - before AS change, flagged_before, flagged_after FROM paired
WHERE abs(change) >= 0.0005 OR flagged_before <> flagged_after
ORDER BY abs(change) DESC, account, label LIMIT 30;
