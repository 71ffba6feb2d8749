-- Where scores or languages moved away from the four weeks before.
SELECT day, platform || '/' || account AS account, label, psi, ks, comments FROM drift JOIN champion USING (model)
WHERE day BETWEEN $first AND $last AND is_shift ORDER BY psi DESC LIMIT 15;
