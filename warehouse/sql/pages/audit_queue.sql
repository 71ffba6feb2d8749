-- The next comment of the audit to review, in their random order, without those already done.
SELECT c.comment_id, c.day FROM drawn d
JOIN comments_like($first, $last, $only, $places, $language, NULL, NULL, NULL, NULL, NULL) c USING (comment_id)
WHERE c.gone_since IS NULL AND c.text <> expired() AND c.comment_id NOT IN (SELECT unnest($done::VARCHAR[]))
ORDER BY d.place LIMIT 1;
