-- What changed significantly from the week before?
SELECT platform || '/' || account AS account, week, label AS category, share, change, change_margin AS margin
FROM weekly WHERE is_significant
ORDER BY week DESC, abs(change) DESC LIMIT 15;
