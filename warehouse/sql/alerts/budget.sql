-- A night that cost nearly all that it may.
SELECT NULL AS account, NULL AS label, NULL AS subject,
    format('the night cost ${:.2f} of ${:.2f}', sum(cost_usd), $budget_usd) AS said
FROM runs WHERE night = $night::DATE HAVING sum(cost_usd) >= $from_share * $budget_usd;
