-- The product's tables as SQLite and PostgreSQL write them, with the indexes that the questions want.
CREATE TABLE comments (comment_id TEXT, account TEXT, author_hash TEXT, text TEXT, posted_at TIMESTAMP, likes BIGINT, language TEXT);
CREATE TABLE scores (comment_id TEXT, posted_on DATE, toxic REAL, severe_toxic REAL, obscene REAL, threat REAL, insult REAL, identity_hate REAL);
CREATE TABLE score_bins (account TEXT, day DATE, label TEXT, bin INTEGER, comments BIGINT, expected DOUBLE PRECISION);
