-- Where have the scores moved away from the four weeks before?
SELECT day, platform || '/' || account AS account, label AS category, psi, comments
FROM drift WHERE comments >= 30 AND comments_before >= 100 AND psi > 0.25
ORDER BY psi DESC LIMIT 10;
