-- Significant shifts of scores, languages, lengths or volume from the four weeks before.
SELECT day, platform || '/' || account AS account, label, psi, ks, comments, usual FROM drift JOIN champion USING (model)
WHERE day BETWEEN $first AND $last AND is_shift ORDER BY psi DESC NULLS LAST LIMIT 15;
