-- How much comments of one day, and below one post, resemble each other: the variance of the days' and of the posts' shares
-- that chance does not explain, ÷ share × (1 − share), over the 28 days before (analysis of variance, posts within days
-- first). Recomputed from the first day whose scores this publish loaded.
SET VARIABLE from_day = (SELECT CASE WHEN EXISTS (FROM likeness) THEN getvariable('loaded_from') ELSE min(day) END FROM post_scores);

DELETE FROM likeness WHERE day >= getvariable('from_day');
INSERT INTO likeness
WITH by_day AS (
    SELECT platform, account, day, model, label, count(*) AS posts, sum(comments) AS n, sum(expected) AS e,
        sum(expected - variance) AS squares, -- of the scores
        sum(expected ** 2 / comments) AS post_squares, e ** 2 / n AS day_squares, sum(comments ** 2) / n AS of_same_post
    FROM post_scores WHERE day >= getvariable('from_day') - usual_days() GROUP BY ALL
),
before AS (
    SELECT platform, account, day, model, label, count(*) OVER w AS days, sum(posts) OVER w AS posts, sum(n) OVER w AS n,
        sum(e) OVER w AS e, sum(squares) OVER w AS squares, sum(post_squares) OVER w AS post_squares,
        sum(day_squares) OVER w AS day_squares, sum(of_same_post) OVER w AS of_same_post, sum(n ** 2) OVER w AS of_same_day
    FROM by_day
    WINDOW w AS (
        PARTITION BY platform, account, model, label ORDER BY day - DATE '2000-01-01'
        RANGE BETWEEN usual_days() PRECEDING AND 1 PRECEDING
    )
    QUALIFY day >= getvariable('from_day')
),
within_posts AS (
    SELECT *, greatest((squares - post_squares) / nullif(n - posts, 0), 0) AS within FROM before WHERE days > 1
),
between_posts AS (
    SELECT *, coalesce(greatest((post_squares - day_squares - (posts - days) * within) / nullif(n - of_same_post, 0), 0), 0) AS post
    FROM within_posts
),
between_days AS (
    SELECT *, greatest((day_squares - e ** 2 / n - post * of_same_post - (days - 1) * within) / nullif(n - of_same_day / n, 0), 0) AS day_variance,
        nullif(e / n * (1 - e / n), 0) AS counted
    FROM between_posts
),
own AS (
    SELECT b.platform, b.account, b.day, b.model, b.label, b.days,
        CASE WHEN b.days >= least_days() THEN least(d.day_variance / d.counted, 1) END AS of_days,
        CASE WHEN b.days >= least_days() THEN least(d.post / d.counted, 1) END AS of_posts
    FROM before b LEFT JOIN between_days d USING (platform, account, day, model, label)
)
SELECT platform, account, day, model, label, days,
    coalesce(of_days, avg(of_days) OVER elsewhere) AS of_days, coalesce(of_posts, avg(of_posts) OVER elsewhere) AS of_posts
FROM own WINDOW elsewhere AS (PARTITION BY day, model, label)
ORDER BY day, platform, account, model, label;
