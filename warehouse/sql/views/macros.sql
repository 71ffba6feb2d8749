-- Formulas that views, marts, pages and alerts share. The numbers and words they share are in warehouse/measures.py:
-- expired(), bins(), usual_days() and so on.

CREATE OR REPLACE MACRO bin_of(score) AS least(floor(score * bins()), bins() - 1)::TINYINT;

CREATE OR REPLACE MACRO first_bin(threshold) AS round(threshold * bins()); -- the lowest that a threshold flags

-- Half the widths of 95 % intervals: of a share that is a sum of probabilities, whose variance is the sum of p × (1 − p); of
-- a share over several rows that have margins; of a difference between two; of a counted share (Agresti and Coull).
CREATE OR REPLACE MACRO margin_of_sum(variance, comments) AS deviations_of_95() * sqrt(variance) / comments;

CREATE OR REPLACE MACRO margin_of_all(margin, comments) AS sqrt(sum((margin * comments) ** 2)) / sum(comments);

CREATE OR REPLACE MACRO margin_of_change(margin, margin_before) AS sqrt(margin ** 2 + margin_before ** 2);

CREATE OR REPLACE MACRO margin_of_count(counted, total) AS
    deviations_of_95() * sqrt((counted + 2) / (total + 4) * (1 - (counted + 2) / (total + 4)) / (total + 4));

CREATE OR REPLACE MACRO coverage_of(captured, reported) AS sum(least(captured, reported)) / nullif(sum(reported), 0);

CREATE OR REPLACE MACRO is_of(platform, account, wanted) AS -- wanted: platform/account, or NULL for all
    wanted IS NULL OR (platform = split_part(wanted, '/', 1) AND account = split_part(wanted, '/', 2));

CREATE OR REPLACE MACRO is_among(platform, account, places) AS -- places: a list of platform/account, or NULL for all
    places IS NULL OR list_contains(places::VARCHAR[], platform || '/' || account);

CREATE OR REPLACE MACRO severity_rank(severity) AS
    coalesce(list_position(severities(), severity), 0);
