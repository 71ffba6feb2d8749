-- Whether a comment is spam. Earlier nights don't say it.
ALTER TABLE comments ADD COLUMN spam FLOAT;
