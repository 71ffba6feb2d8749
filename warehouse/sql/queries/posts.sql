-- Which posts draw the most toxic comments?
SELECT account, posted_at::DATE AS posted_on, left(caption, 50) AS caption, captured, coverage, toxic_share, url
FROM by_post WHERE scored >= 20
ORDER BY toxic_share DESC LIMIT 10;
