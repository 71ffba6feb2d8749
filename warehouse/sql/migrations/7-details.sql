-- What sources say about a comment and its author besides: link, verified, pinned, edited, liked or written by the account,
-- pictures, who is named, and who published a post too. Earlier nights don't have them.
ALTER TABLE comments ADD COLUMN author_id_hash VARCHAR;
ALTER TABLE comments ADD COLUMN link VARCHAR;
ALTER TABLE comments ADD COLUMN is_verified BOOLEAN;
ALTER TABLE comments ADD COLUMN is_pinned BOOLEAN;
ALTER TABLE comments ADD COLUMN is_edited BOOLEAN;
ALTER TABLE comments ADD COLUMN is_liked_by_owner BOOLEAN;
ALTER TABLE comments ADD COLUMN is_by_owner BOOLEAN;
ALTER TABLE comments ADD COLUMN media VARCHAR[];
ALTER TABLE comments ADD COLUMN mention_hashes VARCHAR[];
ALTER TABLE posts ADD COLUMN coauthor_hashes VARCHAR[];
