-- The calibrations that apply, before they are replaced.
CREATE OR REPLACE TEMP TABLE of_accounts_before AS FROM account_calibrations;
CREATE OR REPLACE TEMP TABLE of_languages_before AS FROM language_calibrations;
