-- Scores may be missing where the model was not judged in the language, and say who is attacked.
ALTER TABLE scores ALTER toxic DROP NOT NULL;
ALTER TABLE scores ALTER severe_toxic DROP NOT NULL;
ALTER TABLE scores ALTER obscene DROP NOT NULL;
ALTER TABLE scores ALTER threat DROP NOT NULL;
ALTER TABLE scores ALTER insult DROP NOT NULL;
ALTER TABLE scores ALTER identity_hate DROP NOT NULL;
ALTER TABLE scores ADD COLUMN attacked VARCHAR;
