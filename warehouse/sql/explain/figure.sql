-- One figure of the view `daily`, with the model, rules and calibrations behind it.
SELECT d.share, d.margin, d.comments, d.expected, d.flagged, c.model, c.text_rule,
    (SELECT any_value(policy) FROM policy_rules) AS policy,
    (SELECT string_agg(DISTINCT format('{:.2f}', t.flagged_from), ' or ') FROM thresholds t
     WHERE t.platform = d.platform AND t.account = d.account AND t.label = d.label) AS flagged_from,
    (SELECT string_agg(DISTINCT format('{} {}, version {}', kind, name, version), '; ') FROM calibrations_in_use k
     WHERE k.model = c.model AND k.label = d.label AND ((kind = 'account' AND name = $account)
        OR (kind = 'tag' AND list_contains((SELECT any_value(tags) FROM accounts a
            WHERE a.platform = d.platform AND a.account = d.account), name)) OR kind = 'language')) AS calibrations
FROM daily d, champion c
WHERE d.platform || '/' || d.account = $account AND d.day = $day::DATE AND d.label = $label;
