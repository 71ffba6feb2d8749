-- On which days were an account's comments far more toxic than usual?
SELECT platform || '/' || account AS account, day, comments, share, usual, flagged
FROM waves ORDER BY share - usual DESC LIMIT 10;
