-- Comments that were not scored, by reason.
SELECT reason, count(*) AS comments, max(night) AS last_night
FROM (SELECT unnest(reasons) AS reason, night FROM rejected WHERE night BETWEEN $first AND $last)
GROUP BY ALL ORDER BY comments DESC;
