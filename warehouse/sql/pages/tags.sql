-- The accounts of each tag.
SELECT tag, list(account ORDER BY account) AS accounts
FROM (SELECT platform || '/' || account AS account, unnest(tags) AS tag FROM accounts)
WHERE account IN (SELECT platform || '/' || account FROM thresholds)
GROUP BY tag ORDER BY tag;
