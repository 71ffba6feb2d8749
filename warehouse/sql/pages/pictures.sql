-- Pictures of a post and of the comments below it, or of one comment, once each, the most toxic first; then those that were not read.
SELECT picture_id, bool_or(comment_id IS NULL) AS is_own, count(comment_id) AS comments, any_value(text) AS text,
    any_value(language) AS language, any_value(flags) AS flags, any_value(severity) AS severity, any_value(reason) AS reason,
    any_value(toxic) AS toxic, any_value(severe_toxic) AS severe_toxic, any_value(obscene) AS obscene, any_value(threat) AS threat,
    any_value(insult) AS insult, any_value(identity_hate) AS identity_hate
FROM pictures_scored WHERE post_id = $post AND ($id IS NULL OR comment_id = $id)
GROUP BY picture_id, CASE WHEN picture_id IS NULL THEN reason END
ORDER BY toxic DESC NULLS LAST, reason NULLS FIRST, picture_id LIMIT 60;
