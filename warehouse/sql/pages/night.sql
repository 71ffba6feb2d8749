-- The newest night's numbers.
SELECT * FROM nights ORDER BY night DESC LIMIT 1;
