-- Each night's numbers.
SELECT * FROM nights WHERE night BETWEEN $first AND $last ORDER BY night DESC;
