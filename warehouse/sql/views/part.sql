-- A part of the `whole` warehouse for one visitor, in a database of its own: accounts with one of the tags (all accounts
-- without tags), with or without texts. The visitor can't see anything that isn't listed here.
CREATE TABLE part AS SELECT len(getvariable('tags')::VARCHAR[]) = 0 AS all_accounts, getvariable('texts') AS texts;
CREATE TABLE own AS
SELECT platform, account FROM whole.accounts WHERE (SELECT all_accounts FROM part) OR list_has_any(tags, getvariable('tags')::VARCHAR[])
UNION SELECT platform, account FROM whole.post_days WHERE (SELECT all_accounts FROM part);

CREATE VIEW accounts AS FROM whole.accounts SEMI JOIN own USING (platform, account);
CREATE VIEW posts AS FROM whole.posts SEMI JOIN own USING (platform, account);
CREATE VIEW thresholds AS FROM whole.thresholds SEMI JOIN own USING (platform, account);
CREATE VIEW word_flags AS FROM whole.word_flags SEMI JOIN own USING (platform, account);
CREATE VIEW word_bins AS FROM whole.word_bins SEMI JOIN own USING (platform, account);
CREATE VIEW runs AS FROM whole.runs SEMI JOIN own USING (platform, account);
CREATE VIEW ingest_errors AS FROM whole.ingest_errors SEMI JOIN own USING (platform, account);
CREATE VIEW score_bins AS FROM whole.score_bins SEMI JOIN own USING (platform, account);
CREATE VIEW spam_days AS FROM whole.spam_days SEMI JOIN own USING (platform, account);
CREATE VIEW spam_bins AS FROM whole.spam_bins SEMI JOIN own USING (platform, account);
CREATE VIEW unjudged AS FROM whole.unjudged SEMI JOIN own USING (platform, account);
CREATE VIEW attacks AS FROM whole.attacks SEMI JOIN own USING (platform, account);
CREATE VIEW addressees AS FROM whole.addressees SEMI JOIN own USING (platform, account);
CREATE VIEW days AS FROM whole.days SEMI JOIN own USING (platform, account);
CREATE VIEW hours AS FROM whole.hours SEMI JOIN own USING (platform, account);
CREATE VIEW author_days AS FROM whole.author_days SEMI JOIN own USING (platform, account);
CREATE VIEW flagged_comments AS FROM whole.flagged_comments SEMI JOIN own USING (platform, account);
CREATE VIEW collected AS FROM whole.collected SEMI JOIN own USING (platform, account);
CREATE VIEW post_days AS FROM whole.post_days SEMI JOIN own USING (platform, account);
CREATE VIEW post_scores AS FROM whole.post_scores SEMI JOIN own USING (platform, account);
CREATE VIEW likeness AS FROM whole.likeness SEMI JOIN own USING (platform, account);
CREATE VIEW lengths AS FROM whole.lengths SEMI JOIN own USING (platform, account);
CREATE VIEW copied AS FROM whole.copied SEMI JOIN own USING (platform, account);
CREATE VIEW copies AS FROM whole.copies SEMI JOIN own USING (platform, account);
CREATE VIEW newcomers AS FROM whole.newcomers SEMI JOIN own USING (platform, account);
CREATE VIEW drift AS FROM whole.drift SEMI JOIN own USING (platform, account);

CREATE MACRO shown(text) AS CASE WHEN (SELECT texts FROM part) THEN text ELSE '(not shown)' END;
CREATE VIEW comments AS
SELECT * REPLACE (shown(text) AS text, CASE WHEN (SELECT texts FROM part) THEN terms END AS terms,
    CASE WHEN (SELECT texts FROM part) THEN listed END AS listed, CASE WHEN (SELECT texts FROM part) THEN sketch END AS sketch)
FROM whole.comments SEMI JOIN own USING (platform, account);
CREATE VIEW pictures AS
SELECT * REPLACE (shown(text) AS text, CASE WHEN (SELECT texts FROM part) THEN address END AS address,
    CASE WHEN (SELECT texts FROM part) THEN looks END AS looks, CASE WHEN (SELECT texts FROM part) THEN picture_id END AS picture_id)
FROM whole.pictures SEMI JOIN own USING (platform, account);
CREATE VIEW picture_scores AS FROM whole.picture_scores; -- only read joined to pictures, which filters by account
CREATE VIEW rejected AS SELECT * REPLACE (shown(text) AS text) FROM whole.rejected SEMI JOIN own USING (platform, account);
CREATE VIEW terms AS FROM whole.terms SEMI JOIN own USING (platform, account) WHERE (SELECT texts FROM part);

CREATE VIEW spam_rule AS FROM whole.spam_rule;
CREATE VIEW models AS FROM whole.models;
CREATE VIEW policy_rules AS FROM whole.policy_rules WHERE account IS NULL AND tag IS NULL; -- other accounts' names stay hidden
CREATE VIEW word_rules AS FROM whole.word_rules
WHERE (account IS NULL OR account IN (SELECT platform || '/' || account FROM own)) AND (tag IS NULL OR tag IN (SELECT unnest(tags) FROM accounts));
CREATE VIEW scores AS -- only read joined to comments, which filters by account
SELECT * REPLACE (CASE WHEN (SELECT texts FROM part) THEN meaning END AS meaning) FROM whole.scores;
CREATE VIEW reviews AS FROM whole.reviews SEMI JOIN comments USING (comment_id);
CREATE VIEW calibrations AS FROM whole.calibrations
WHERE kind = 'language' OR (kind = 'account' AND name IN (SELECT platform || '/' || account FROM own))
    OR (kind = 'tag' AND name IN (SELECT unnest(tags) FROM accounts));
CREATE VIEW drawn AS FROM whole.drawn SEMI JOIN comments USING (comment_id);
CREATE VIEW stages AS FROM whole.stages WHERE (SELECT all_accounts FROM part); -- sums over all accounts
CREATE VIEW quality AS FROM whole.quality WHERE (SELECT all_accounts FROM part);
