-- Which pictures have the most toxic text on them?
SELECT platform || '/' || account AS account, text, flags, round(toxic, 2) AS toxic, count(*) AS shown, picture_id
FROM pictures_scored WHERE toxic IS NOT NULL GROUP BY ALL ORDER BY toxic DESC LIMIT 20;
