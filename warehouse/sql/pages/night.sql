-- The last measured night.
SELECT * FROM nights ORDER BY night DESC LIMIT 1;
