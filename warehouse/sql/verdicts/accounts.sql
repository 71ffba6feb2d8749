-- Lets rules and own words apply to accounts of which no night has collected a comment yet.
INSERT INTO unjudged BY NAME
SELECT platform, account, DATE '1970-01-01' AS day, unnest(getvariable('languages')::VARCHAR[]) AS language, '' AS model, 0 AS comments FROM accounts;
INSERT INTO post_days BY NAME
SELECT platform, account, DATE '1970-01-01' AS day, '' AS post_id, 0 AS comments, 0 AS gone FROM accounts;
CREATE TABLE sought_words AS SELECT platform, account, language, label, flags, sought(word) AS word FROM account_words;
