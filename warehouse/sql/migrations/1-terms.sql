-- What is being said, and comments that were taken down. Nights of before have no terms; `toxwatch rebuild` finds
-- what was taken down then.
ALTER TABLE comments ADD COLUMN terms VARCHAR[];
ALTER TABLE comments ADD COLUMN listed VARCHAR[];
ALTER TABLE comments ADD COLUMN gone_since DATE;
