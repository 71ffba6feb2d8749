-- Where scores moved away from the four weeks before.
SELECT day, platform || '/' || account AS account, label, psi, comments FROM drift_between($first, $last)
WHERE is_shift ORDER BY psi DESC LIMIT 15;
