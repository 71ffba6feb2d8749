-- Whether a picture is one that may be seen.
SELECT DISTINCT picture_id FROM pictures WHERE picture_id = $id;
