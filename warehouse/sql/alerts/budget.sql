-- The night used up almost all of its budget.
SELECT NULL AS account, NULL AS label, NULL AS subject,
    format('the night cost ${:.2f} of its ${:.2f} budget', sum(cost_usd), $budget_usd) AS message
FROM runs WHERE night = $night::DATE HAVING sum(cost_usd) >= $from_share * $budget_usd;
