-- All days on which spam was looked for, if another rule applies now.
CREATE OR REPLACE TEMP TABLE touched AS
SELECT platform, account, day FROM spam_days WHERE comments > 0 AND EXISTS (FROM spam_rule EXCEPT FROM spam_rule_before);
