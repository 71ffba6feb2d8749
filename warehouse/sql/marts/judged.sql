-- Comments of the accounts and days in `touched`, with the calibrated scores of each model; NULL where it was not judged in the language.
CREATE TEMP TABLE IF NOT EXISTS touched (platform VARCHAR, account VARCHAR, day DATE);

CREATE OR REPLACE TEMP MACRO comments_judged() AS TABLE
SELECT c.platform, c.account, s.posted_on AS day, hour(c.posted_at) AS hour, c.language, c.author_hash, c.post_id, c.comment_id,
    c.terms, c.listed, c.spam, s.model, s.attacked, directed_at(c.addressed, is_below_post(c.parent_id, c.named), s.attacked) AS directed_at,
    calibrated(s.toxic, a.toxic, l.toxic) AS toxic,
    least(calibrated(s.severe_toxic, a.severe_toxic, l.severe_toxic), calibrated(s.toxic, a.toxic, l.toxic)) AS severe_toxic,
    calibrated(s.obscene, a.obscene, l.obscene) AS obscene,
    calibrated(s.threat, a.threat, l.threat) AS threat,
    calibrated(s.insult, a.insult, l.insult) AS insult,
    calibrated(s.identity_hate, a.identity_hate, l.identity_hate) AS identity_hate,
    coalesce(coalesce(a.toxic, l.toxic).error, 0) AS toxic_error, coalesce(coalesce(a.severe_toxic, l.severe_toxic).error, 0) AS severe_toxic_error, coalesce(coalesce(a.obscene, l.obscene).error, 0) AS obscene_error,
    coalesce(coalesce(a.threat, l.threat).error, 0) AS threat_error, coalesce(coalesce(a.insult, l.insult).error, 0) AS insult_error, coalesce(coalesce(a.identity_hate, l.identity_hate).error, 0) AS identity_hate_error
FROM scores s
JOIN comments c ON c.comment_id = s.comment_id AND c.text_key = s.text_key
SEMI JOIN touched t ON t.platform = c.platform AND t.account = c.account AND t.day = s.posted_on
LEFT JOIN account_calibrations a ON a.platform = c.platform AND a.account = c.account AND a.model = s.model
LEFT JOIN language_calibrations l ON l.language = c.language AND l.model = s.model
WHERE s.posted_on BETWEEN (SELECT min(day) FROM touched) AND (SELECT max(day) FROM touched)
    AND c.posted_at >= (SELECT min(day) FROM touched);
