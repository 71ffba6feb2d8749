-- Whom a comment addresses. Earlier nights don't say whether it names the account, so there whoever is named is another person.
ALTER TABLE comments ADD COLUMN named VARCHAR;
ALTER TABLE comments ADD COLUMN addressed VARCHAR;
UPDATE comments SET addressed = CASE WHEN parent_id IS NOT NULL THEN 'nobody'
    WHEN mention_hashes IS NOT NULL THEN 'commenter' WHEN is_by_owner THEN 'nobody' ELSE 'account' END;
UPDATE comments SET addressed = CASE WHEN parent.is_by_owner THEN 'account' ELSE 'commenter' END
FROM comments parent
WHERE parent.comment_id = comments.parent_id
    AND comments.posted_at::DATE - parent.posted_at::DATE BETWEEN -1 AND 60;
