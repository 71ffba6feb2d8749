-- The accounts and days whose probabilities change with the calibrations that apply.
CREATE OR REPLACE TEMP TABLE touched AS
WITH of_accounts AS ((FROM account_calibrations EXCEPT FROM of_accounts_before) UNION (FROM of_accounts_before EXCEPT FROM account_calibrations)),
of_languages AS ((FROM language_calibrations EXCEPT FROM of_languages_before) UNION (FROM of_languages_before EXCEPT FROM language_calibrations))
SELECT DISTINCT b.platform, b.account, b.day FROM score_bins b
WHERE (b.platform, b.account) IN (SELECT (platform, account) FROM of_accounts) OR b.language IN (SELECT language FROM of_languages);
