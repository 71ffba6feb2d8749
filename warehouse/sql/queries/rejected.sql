-- Which comments were set aside, and why?
SELECT unnest(reasons) AS reason, count(*) AS comments, max(night) AS last_night
FROM rejected GROUP BY reason ORDER BY comments DESC;
