-- On which days was an account's section far more toxic than it usually is?
SELECT platform || '/' || account AS account, day, comments, share, usual, flagged
FROM waves ORDER BY share - usual DESC LIMIT 10;
