-- Where have scores or languages moved away from the four weeks before?
SELECT day, platform || '/' || account AS account, label AS category, psi, ks, comments
FROM drift JOIN champion USING (model) WHERE is_shift
ORDER BY psi DESC LIMIT 10;
