-- How far a calibration may put sums off. There were none before.
ALTER TABLE score_bins ADD COLUMN off_by DOUBLE;
ALTER TABLE days ADD COLUMN off_by DOUBLE;
ALTER TABLE post_scores ADD COLUMN off_by DOUBLE;
