-- What people and the model, before any calibration, say of the judged comments of the audit in an account, tag or language, by
-- category.
SELECT j.label, list(j.weight) AS weights, list(j.y) AS people, list(score_of(s, j.label)) AS scores
FROM audit_judged($first, $last) j JOIN comments c USING (comment_id)
JOIN (scores s JOIN champion USING (model)) ON s.comment_id = c.comment_id AND s.text_key = c.text_key AND s.posted_on = c.posted_at::DATE
LEFT JOIN accounts a ON a.platform = j.platform AND a.account = j.account
WHERE CASE $kind WHEN 'account' THEN is_of(j.platform, j.account, $name) WHEN 'tag' THEN list_contains(a.tags, $name)
    WHEN 'language' THEN j.language = $name END
GROUP BY j.label;
