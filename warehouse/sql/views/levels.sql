-- Service levels: what share of the last nights kept a promise, and how much of the error budget is left (1 is all of it, below 0
-- it is overspent). They need the time they are asked at, since a night that never ran is in no table.

-- The last nights whose figures should be there at that time, from the first one that was ever published in time to tell.
CREATE OR REPLACE MACRO nights_due(moment) AS TABLE
WITH published AS (SELECT night, first_at FROM stages WHERE stage = 'publish'),
last_due AS (SELECT (moment - to_hours(ready_after_hours()))::DATE AS night),
since AS (SELECT greatest(min(first_at)::DATE - 1, (SELECT night FROM last_due) - level_nights() + 1) AS night FROM published HAVING count(first_at) > 0),
due AS (SELECT unnest(generate_series(since.night, last_due.night, INTERVAL 1 DAY))::DATE AS night FROM since, last_due)
SELECT night, first_at, night + to_hours(ready_after_hours()) AS due_at, coalesce(first_at <= due_at, false) AS is_on_time
FROM due LEFT JOIN published USING (night);

-- Accounts of these nights that were asked for; a post that could not be read does not count against its account.
CREATE OR REPLACE MACRO accounts_collected(moment) AS TABLE
WITH asked AS (
    SELECT night, platform, account, false AS is_missed FROM runs
    UNION ALL
    SELECT night, platform, account, true FROM ingest_errors e
    WHERE NOT EXISTS (FROM posts p WHERE p.url = e.input_url)
)
SELECT night, platform, account, bool_or(is_missed) AS is_missed FROM asked
WHERE night BETWEEN (moment - to_hours(ready_after_hours()))::DATE - level_nights() + 1 AND (moment - to_hours(ready_after_hours()))::DATE
GROUP BY ALL;

CREATE OR REPLACE MACRO service_levels(moment) AS TABLE
WITH counted AS (
    SELECT 'on time' AS level, NULL AS account, count(*) AS nights, count(*) FILTER (NOT is_on_time) AS missed
    FROM nights_due(moment) HAVING count(*) > 0
    UNION ALL
    SELECT 'collected', platform || '/' || account, count(*), count(*) FILTER (is_missed)
    FROM accounts_collected(moment) GROUP BY platform, account
)
SELECT level, account, nights, missed, 1 - missed / nights AS kept, promised_share() AS promised,
    1 - missed / ((1 - promised_share()) * level_nights()) AS budget_left
FROM counted;
