-- Days on which an account's section was far more toxic than it usually is.
SELECT platform || '/' || account AS account, day, comments, share, usual, flagged FROM waves
WHERE day BETWEEN $first AND $last AND is_of(platform, account, $account)
ORDER BY share - usual DESC;
