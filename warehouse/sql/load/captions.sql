-- The scores that one model gave to texts on the night's pictures. Of nights that scored the same text the earliest counts.
DELETE FROM picture_scores WHERE night = getvariable('night') AND model = getvariable('model');
DELETE FROM picture_scores USING lake_captions l
WHERE picture_scores.text_key = l.text_key AND model = getvariable('model') AND night > getvariable('night');
INSERT INTO picture_scores BY NAME
SELECT l.text_key, getvariable('model') AS model, l.toxic, l.severe_toxic, l.obscene, l.threat, l.insult, l.identity_hate,
    l.attacked, getvariable('night') AS night
FROM lake_captions l
ANTI JOIN picture_scores known ON known.text_key = l.text_key AND known.model = getvariable('model');
