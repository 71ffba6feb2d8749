-- Loads a night's pictures. Of nights that collected the same post or comment the latest counts, whatever the order.
CREATE OR REPLACE TEMP TABLE shown AS
SELECT l.comment_id, l.platform, l.account, l.post_id, l.address, l.picture_id, l.reason, l.width, l.height, l.looks, l.text,
    l.language, l.text_key
FROM lake_pictures l
ANTI JOIN pictures later ON later.post_id = l.post_id AND later.comment_id IS NOT DISTINCT FROM l.comment_id
    AND later.night > getvariable('night');

DELETE FROM pictures USING (SELECT DISTINCT post_id, comment_id FROM shown) now
WHERE pictures.post_id = now.post_id AND pictures.comment_id IS NOT DISTINCT FROM now.comment_id;
INSERT INTO pictures BY NAME SELECT *, getvariable('night') AS night FROM shown;
