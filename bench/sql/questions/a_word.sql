-- how often a word stands in an account's comments
SELECT count(*) FROM comments WHERE account = 'account4' AND text LIKE '%word77%'
