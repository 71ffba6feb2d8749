-- All days of the accounts to which other words apply now.
CREATE OR REPLACE TEMP TABLE touched AS
WITH changed AS ((FROM account_words EXCEPT FROM words_before) UNION (FROM words_before EXCEPT FROM account_words))
SELECT DISTINCT platform, account, day FROM post_days SEMI JOIN changed USING (platform, account);
