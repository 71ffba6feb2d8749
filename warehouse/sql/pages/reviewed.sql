-- Reviewed comments with the majority decision of their reviewers, for training.
SELECT comment_id, any_value(c.text) AS text, any_value(c.language) AS language, count(*) AS reviewers,
    (avg(list_contains(labels, 'toxic')::INTEGER) >= 0.5)::INTEGER AS toxic,
    (avg(list_contains(labels, 'severe_toxic')::INTEGER) >= 0.5)::INTEGER AS severe_toxic,
    (avg(list_contains(labels, 'obscene')::INTEGER) >= 0.5)::INTEGER AS obscene,
    (avg(list_contains(labels, 'threat')::INTEGER) >= 0.5)::INTEGER AS threat,
    (avg(list_contains(labels, 'insult')::INTEGER) >= 0.5)::INTEGER AS insult,
    (avg(list_contains(labels, 'identity_hate')::INTEGER) >= 0.5)::INTEGER AS identity_hate
FROM reviews r JOIN comments_like($first, $last, $only, $places, $language, $severity, $flag, $attacked, $review, $words, among := $among, directed := $directed) c USING (comment_id)
WHERE c.text <> expired() AND ($spam IS NULL OR c.is_spam = ($spam = 'only'))
GROUP BY comment_id ORDER BY comment_id;
