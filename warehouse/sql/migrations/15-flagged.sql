-- Flagged comments are listed. Thresholds of no policy count as changed, so that the next publish lists those of all days.
ALTER TABLE IF EXISTS thresholds ALTER policy TYPE VARCHAR USING ''; -- the oldest have none
