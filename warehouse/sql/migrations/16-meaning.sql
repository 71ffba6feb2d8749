-- What flagged comments mean. Earlier nights don't say it.
ALTER TABLE scores ADD COLUMN meaning TINYINT[128];
