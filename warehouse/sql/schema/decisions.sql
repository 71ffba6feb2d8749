-- Of reviews.db: for every comment that somebody reviewed or did something about, one row for each of its reviewers.
WITH concerned AS (
    SELECT comment_id FROM reviews UNION SELECT comment_id FROM handled UNION SELECT comment_id FROM notes
    UNION SELECT comment_id FROM said_attacked
)
SELECT comment_id, reviewer, labels, reviewed_at,
    (SELECT group_concat(DISTINCT attacked) FROM said_attacked a WHERE a.comment_id = c.comment_id AND a.person = coalesce(r.reviewer, a.person)),
    coalesce((SELECT group_concat(how, ' ') FROM handled h WHERE h.comment_id = c.comment_id), ''),
    (SELECT min(at) FROM handled h WHERE h.comment_id = c.comment_id),
    coalesce((SELECT group_concat(person || ': ' || text, '; ') FROM notes n WHERE n.comment_id = c.comment_id), '')
FROM concerned c LEFT JOIN reviews r USING (comment_id) ORDER BY comment_id, reviewer;
