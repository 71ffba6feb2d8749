-- The rule for each account and language. Account rules win over tag rules, language rules over general ones.
DELETE FROM thresholds;
INSERT INTO thresholds
WITH groups AS (
    SELECT DISTINCT platform, account, language, tags
    FROM (SELECT platform, account, language FROM score_bins UNION SELECT platform, account, language FROM unjudged
        UNION SELECT platform, account, language FROM pictures WHERE language IS NOT NULL)
    LEFT JOIN accounts USING (platform, account)
)
SELECT g.platform, g.account, g.language, r.label, r.policy, r.flagged_from, r.severity
FROM groups g JOIN policy_rules r
    ON (r.tag IS NULL OR list_contains(g.tags, r.tag))
    AND (r.account IS NULL OR r.account = g.platform || '/' || g.account)
    AND (r.language IS NULL OR r.language = g.language)
QUALIFY row_number() OVER (
    PARTITION BY g.platform, g.account, g.language, r.label
    ORDER BY r.account IS NULL, r.tag IS NULL, r.language IS NULL, r.tag
) = 1;
