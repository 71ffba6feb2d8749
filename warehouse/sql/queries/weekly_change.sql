-- What changed since the week before, beyond chance?
SELECT platform || '/' || account AS account, week, label AS category, share, change, change_margin AS margin
FROM weekly WHERE abs(change) > change_margin AND comments >= 30
ORDER BY week DESC, abs(change) DESC LIMIT 15;
