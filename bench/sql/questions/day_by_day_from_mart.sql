-- an account's 28 days, from the mart
SELECT day, label, sum(expected) / sum(comments) FROM score_bins
WHERE account = 'account4' AND day >= '2026-10-23' GROUP BY day, label ORDER BY 1, 2
