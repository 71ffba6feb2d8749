-- Comments of the period below the same account whose text is the same to a model.
SELECT c.comment_id FROM comments c JOIN comments one ON one.text_key = c.text_key AND one.platform = c.platform AND one.account = c.account
WHERE one.comment_id = $id AND c.comment_id <> $id
    AND c.posted_at >= $first::DATE AND c.posted_at < $last::DATE + 1;
