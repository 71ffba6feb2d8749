-- What changed significantly from the week before?
SELECT platform || '/' || account AS account, week, label AS category, share, change, change_margin AS margin
FROM weekly WHERE abs(change) > change_margin AND comments >= few_comments()
ORDER BY week DESC, abs(change) DESC LIMIT 15;
