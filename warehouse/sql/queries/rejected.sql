-- Which comments were rejected, and why?
SELECT reason, count(*) AS comments, max(night) AS last_night
FROM (SELECT unnest(reasons) AS reason, night FROM rejected)
GROUP BY reason ORDER BY comments DESC;
