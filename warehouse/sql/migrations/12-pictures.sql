-- Pictures of posts and comments are read. Their tables are created empty; posts say where their pictures are from now on.
ALTER TABLE posts ADD COLUMN media VARCHAR[];
