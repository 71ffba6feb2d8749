-- How much spam is there, and how toxic are the other comments?
WITH of_accounts AS (
    SELECT platform, account, sum(comments)::BIGINT AS comments, sum(spam)::BIGINT AS spam, sum(expected) / nullif(sum(comments), 0) AS share
    FROM spam_days GROUP BY ALL
)
SELECT platform, account, any_value(a.comments) AS comments, any_value(a.spam) AS spam, any_value(a.share) AS share_of_spam,
    sum(d.expected) / sum(d.comments) AS toxic_without_spam
FROM of_accounts a JOIN daily_without_spam d USING (platform, account) WHERE d.label = 'toxic'
GROUP BY platform, account ORDER BY share_of_spam DESC;
