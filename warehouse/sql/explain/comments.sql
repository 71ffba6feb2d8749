-- The comments behind a figure: which night collected what is stored, which night scored it, the probability, the flag.
SELECT c.comment_id, c.last_night, s.night AS scored_night, CASE $label WHEN 'toxic' THEN c.toxic WHEN 'severe_toxic' THEN c.severe_toxic
        WHEN 'obscene' THEN c.obscene WHEN 'threat' THEN c.threat WHEN 'insult' THEN c.insult ELSE c.identity_hate END AS probability,
    list_contains(c.flags, $label) AS is_flagged
FROM comments_scored c
JOIN comments o USING (comment_id)
JOIN scores s ON s.comment_id = c.comment_id AND s.text_key = o.text_key AND s.model = c.model
WHERE c.platform || '/' || c.account = $account AND c.day = $day::DATE AND probability IS NOT NULL
ORDER BY probability DESC, c.comment_id;
