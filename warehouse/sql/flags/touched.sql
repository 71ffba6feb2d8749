-- All days of the accounts and languages to which another model or other thresholds apply now.
CREATE OR REPLACE TEMP TABLE touched AS
WITH applied AS (SELECT platform, account, language, label, flagged_from, severity, model FROM thresholds, champion),
changed AS ((FROM applied EXCEPT FROM thresholds_before) UNION (FROM thresholds_before EXCEPT FROM applied)),
commented AS (SELECT platform, account, day, language FROM score_bins UNION SELECT platform, account, day, language FROM unjudged)
SELECT DISTINCT platform, account, day FROM commented SEMI JOIN changed USING (platform, account, language);
