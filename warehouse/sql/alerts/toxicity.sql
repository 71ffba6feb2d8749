-- A category's share of the day is far above the account's usual, the median of four weeks: by more than chance among the day's
-- accounts and categories, and by so many standard errors, which carry how far its days and posts differ anyway.
WITH before AS (
    SELECT platform, account, label, median(share) AS usual FROM daily
    WHERE day BETWEEN $night::DATE - usual_days() AND $night::DATE - 1 AND comments >= $least_comments GROUP BY ALL
),
compared AS (
    SELECT c.platform, c.account, c.label, c.comments, c.expected / c.comments AS share, b.usual, share - b.usual AS change,
        c.noise / c.comments ** 2 AS variance, c.days_known - 1 AS freedom
    FROM compared_periods($night::DATE, 1, $night::DATE, $night::DATE) c JOIN before b USING (platform, account, label)
    WHERE c.comments >= $least_comments AND list_contains($labels, c.label)
),
tested AS (SELECT *, chance_of_change(change, variance, freedom) AS chance FROM compared)
SELECT platform || '/' || account AS account, label, NULL AS subject,
    format('an estimated {:.1f}% of {} comments {}, usually {:.1f}%', 100 * share, comments,
        CASE label WHEN 'severe_toxic' THEN 'are severely toxic' WHEN 'identity_hate' THEN 'contain identity hate'
            WHEN 'threat' THEN 'are threats' WHEN 'insult' THEN 'are insults' ELSE 'are ' || label END, 100 * usual) AS message
FROM tested
WHERE change > $deviations * sqrt(variance) AND chance <= (SELECT significant_up_to(list(chance)) FROM tested)
ORDER BY change / sqrt(variance) DESC;
