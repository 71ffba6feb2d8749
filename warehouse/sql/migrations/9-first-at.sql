-- When a night's figures were first there, for the service levels. Of earlier nights nobody knows.
ALTER TABLE stages ADD COLUMN first_at TIMESTAMPTZ;
