-- All days, where they were counted before anyone asked whom comments address.
CREATE OR REPLACE TEMP TABLE touched AS
SELECT DISTINCT platform, account, day FROM days WHERE NOT EXISTS (FROM addressees);
