-- Draws a night's new comments for the audit: from each account about twenty, those that the model is less sure of more often.
-- A comment's draw depends on its ID alone, and is made once.
INSERT INTO drawn
WITH sized AS (
    SELECT comment_id, platform, account, size_in_audit(toxic) AS size FROM comments_scored
    WHERE first_night = getvariable('night') AND toxic IS NOT NULL AND text <> expired()
),
chances AS (
    SELECT comment_id, least(drawn_a_night() * size / sum(size) OVER (PARTITION BY platform, account), 1) AS chance FROM sized
)
SELECT comment_id, getvariable('night'), chance, hash(comment_id, 'place') / 18446744073709551616.0 AS place FROM chances
WHERE hash(comment_id, 'draw') / 18446744073709551616.0 < chance
    AND NOT EXISTS (FROM drawn known WHERE known.night = getvariable('night'))
    AND comment_id NOT IN (SELECT comment_id FROM drawn)
ORDER BY place;
