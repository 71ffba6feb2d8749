-- What did the last nights read, keep, score, take and cost?
SELECT * FROM nights ORDER BY night DESC LIMIT 14;
