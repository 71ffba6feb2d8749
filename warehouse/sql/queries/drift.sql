-- Where do scores, languages, lengths or volume differ most from the four weeks before?
SELECT day, platform || '/' || account AS account, label AS category, psi, ks, comments, usual
FROM drift JOIN champion USING (model) WHERE is_shift
ORDER BY psi DESC NULLS LAST LIMIT 10;
