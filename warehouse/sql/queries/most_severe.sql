-- Which comments should a moderator look at first?
SELECT posted_at::DATE AS day, platform || '/' || account AS account, severity, left(text, 80) AS text
FROM comments_scored WHERE severity IN ('high', 'critical') AND reviewed_as IS NULL
ORDER BY list_position(['high', 'critical'], severity) DESC, greatest(toxic, threat) DESC LIMIT 10;
