-- The last night that is here, and the first day that has comments.
SELECT (SELECT max(last_night) FROM comments), (SELECT min(day) FROM score_bins);
