-- The rule that applies, before it is replaced.
CREATE OR REPLACE TEMP TABLE spam_rule_before AS FROM spam_rule;
