-- How many comments of each score people have reviewed in the period, and for how many of these they agree with the category.
SELECT bin_of(score_of(c, $label)::FLOAT) AS bin,
    count(*) AS reviewed, count(*) FILTER (list_contains(reviewed_as, $label)) AS agreed
FROM comments_like($first, $last, $account, NULL, NULL, NULL, NULL, NULL, NULL, NULL) c
WHERE toxic IS NOT NULL AND comment_id IN (SELECT comment_id FROM reviews) GROUP BY ALL;
