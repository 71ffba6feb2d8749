-- The model and the thresholds that apply, before they are replaced.
CREATE OR REPLACE TEMP TABLE thresholds_before AS
SELECT platform, account, language, label, flagged_from, severity, model FROM thresholds, champion WHERE policy <> '';
