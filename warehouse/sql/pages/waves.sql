-- Waves of abuse: days on which an account's comments were far more toxic than usual.
SELECT platform || '/' || account AS account, day, comments, share, usual, flagged FROM waves
WHERE day BETWEEN $first AND $last AND is_of(platform, account, $only) AND is_among(platform, account, $places)
ORDER BY share - usual DESC;
