-- Divides what is in `touched` into parts that memory holds: whole accounts, until they have as many comments as a slice.
CREATE OR REPLACE TEMP TABLE parts AS
WITH sizes AS (
    SELECT t.platform, t.account, count(c.comment_id) AS comments
    FROM touched t LEFT JOIN (FROM comments WHERE posted_at >= (SELECT min(day) FROM touched)) c
        ON c.platform = t.platform AND c.account = t.account AND c.posted_at::DATE = t.day
    GROUP BY ALL
),
placed AS (
    SELECT platform, account, sum(comments) OVER (ORDER BY platform, account ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW) AS before FROM sizes
)
SELECT platform, account, day, coalesce(before, 0) // getvariable('slice_size') AS part FROM touched JOIN placed USING (platform, account);
