-- The comments of the random audit that people have judged in the period.
SELECT DISTINCT comment_id FROM audit_judged($first, $last);
