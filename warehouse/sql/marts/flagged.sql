-- Lists the comments that are flagged, for the accounts and days in `touched`.
DELETE FROM flagged_comments m USING touched t WHERE (m.platform, m.account, m.day) = (t.platform, t.account, t.day);
INSERT INTO flagged_comments
SELECT platform, account, day, comment_id, author_hash, flags, severity, toxic IS NOT NULL, is_spam
FROM comments_scored SEMI JOIN touched USING (platform, account, day)
WHERE posted_at >= (SELECT min(day) FROM touched) AND posted_at < (SELECT max(day) FROM touched) + 1 AND len(flags) > 0
ORDER BY ALL;
