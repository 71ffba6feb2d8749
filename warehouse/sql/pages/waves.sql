-- Waves of abuse: days on which an account's comments were far more toxic than usual.
SELECT platform || '/' || account AS account, day, comments, share, usual, flagged FROM waves
WHERE day BETWEEN $first AND $last ORDER BY share - usual DESC;
