-- What can change history: the model, the policy, calibrations, the watched accounts, reviews, and nights that ran again.
SELECT 'model' AS what, (SELECT any_value(model) FROM old.champion) AS before, (SELECT any_value(model) FROM new.champion) AS after
UNION ALL SELECT 'policy', (SELECT any_value(policy) FROM old.policy_rules), (SELECT any_value(policy) FROM new.policy_rules)
UNION ALL SELECT 'calibrations', (SELECT count(*) FROM old.calibrations)::VARCHAR, (SELECT count(*) FROM new.calibrations)::VARCHAR
UNION ALL SELECT 'accounts', (SELECT count(*) FROM old.accounts)::VARCHAR, (SELECT count(*) FROM new.accounts)::VARCHAR
UNION ALL SELECT 'reviews', (SELECT count(*) FROM old.reviews)::VARCHAR, (SELECT count(*) FROM new.reviews)::VARCHAR
UNION ALL SELECT 'nights', (SELECT count(DISTINCT night) FROM old.stages)::VARCHAR, (SELECT count(DISTINCT night) FROM new.stages)::VARCHAR
UNION ALL SELECT 'night ' || o.night || ' ran again: ' || o.stage || ' passed on', o.rows_out::VARCHAR, n.rows_out::VARCHAR
FROM old.stages o JOIN new.stages n USING (night, stage) WHERE o.rows_out <> n.rows_out;
