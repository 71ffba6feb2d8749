-- Scored comments of one author, by pseudonym ("@0123abcd").
SELECT comment_id, posted_at, platform || '/' || account AS account, toxic, severity, reviewed_as
FROM comments_like($first, $last, NULL, NULL, NULL, NULL, NULL, NULL, NULL, $words) WHERE toxic IS NOT NULL
ORDER BY posted_at DESC, comment_id LIMIT 1000;
