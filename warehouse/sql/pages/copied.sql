-- The comments of a group of copies in the period.
SELECT comment_id FROM copied WHERE copy = $copy AND day BETWEEN $first AND $last;
