-- Draws a night's new comments for the audit: about twenty from each account, shared out among its languages so that a rare one is
-- not left out, and in each those that the model is less sure of more often. A comment's draw depends on its ID alone, and is
-- made once.
INSERT INTO drawn
WITH sized AS (
    SELECT comment_id, platform, account, language, size_in_audit(toxic) AS size FROM comments_scored
    WHERE first_night = getvariable('night') AND toxic IS NOT NULL AND text <> expired()
),
languages AS (SELECT platform, account, language, sum(size) AS size, sqrt(count(*)) AS root FROM sized GROUP BY ALL),
strata AS (SELECT *, drawn_a_night() * root / sum(root) OVER (PARTITION BY platform, account) / size AS rate FROM languages),
chances AS (SELECT comment_id, least(rate * s.size, 1) AS chance FROM sized s JOIN strata USING (platform, account, language))
SELECT comment_id, getvariable('night'), chance, hash(comment_id, 'place') / 18446744073709551616.0 AS place FROM chances
WHERE hash(comment_id, 'draw') / 18446744073709551616.0 < chance
    AND NOT EXISTS (FROM drawn known WHERE known.night = getvariable('night'))
    AND comment_id NOT IN (SELECT comment_id FROM drawn)
ORDER BY place;
