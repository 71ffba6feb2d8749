-- Spam by day, and how toxic the other comments are. unread: comments that an older release cleaned, which say nothing of spam.
WITH of_days AS (
    SELECT day, sum(comments)::BIGINT AS comments, sum(spam)::BIGINT AS spam, sum(expected) AS expected, sum(unread)::BIGINT AS unread
    FROM spam_days
    WHERE day BETWEEN $first AND $last AND is_of(platform, account, $only) AND is_among(platform, account, $places) GROUP BY day
),
others AS (
    SELECT day, sum(comments)::BIGINT AS others, sum(expected) AS toxic
    FROM daily_without_spam
    WHERE label = $label AND day BETWEEN $first AND $last AND is_of(platform, account, $only) AND is_among(platform, account, $places)
    GROUP BY day
)
SELECT day, comments, spam, expected / nullif(comments, 0) AS share, unread, others, toxic / nullif(others, 0) AS share_of_others,
    spam_is_counted() AS is_counted
FROM of_days LEFT JOIN others USING (day) ORDER BY day;
