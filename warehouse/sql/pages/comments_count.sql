-- How many comments the same filters let pass.
SELECT count(*) AS comments FROM comments_like($first, $last, $account, $language, $severity, $flag, $words);
