-- What a moderator should look at next: the most harmful and the most uncertain first; what is done is left out.
SELECT comment_id, day, count(*) OVER () AS waiting
FROM comments_like($first, $last, $account, $language, $severity, $flag, $words)
WHERE toxic >= 0.2 AND gone_since IS NULL AND text NOT IN ('', '(expired)')
    AND comment_id NOT IN (SELECT unnest($done::VARCHAR[]))
ORDER BY severity_rank(severity) / 4 + 4 * toxic * (1 - toxic) DESC, comment_id LIMIT 1;
