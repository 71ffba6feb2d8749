-- Which posts get the most toxic comments?
SELECT platform || '/' || account AS account, posted_at::DATE AS day, left(caption, 40) AS caption, captured, coverage, toxic_share
FROM by_post WHERE scored >= 20
ORDER BY toxic_share DESC LIMIT 10;
