-- Most of an account's flagged comments of a category are one text; the gravest category counts. And campaigns, flagged or not.
WITH copied_flags AS (
    SELECT k.platform, k.account, k.copy, unnest(c.flags) AS label FROM copied k JOIN comments_scored c ON c.comment_id = k.comment_id AND c.day = k.day
    WHERE k.day = $night::DATE AND c.posted_at >= $night::DATE AND c.posted_at < $night::DATE + 1
),
shared AS (
    SELECT k.platform, k.account, k.copy, k.label, count(*) AS copies, any_value(f.flagged) AS flagged
    FROM copied_flags k JOIN flags f ON f.platform = k.platform AND f.account = k.account AND f.label = k.label AND f.day = $night::DATE
    GROUP BY ALL HAVING flagged >= $least_flagged AND copies >= $from_share * flagged
),
mostly AS (
    FROM shared QUALIFY row_number() OVER (PARTITION BY platform, account
        ORDER BY list_position(['threat', 'severe_toxic', 'identity_hate', 'insult', 'obscene', 'toxic'], label), copies DESC) = 1
),
campaigns AS (
    SELECT a.platform, a.account, b.copy, b.came, b.new_authors, b.authors FROM (SELECT DISTINCT platform, account, copy FROM copies WHERE day = $night::DATE) a
    JOIN crowds($night::DATE - new_days() + 1, $night::DATE, NULL, NULL) b ON b.copy = a.copy WHERE b.is_campaign
)
SELECT platform || '/' || account AS account, label, NULL AS subject,
    format('{} of {} {} are one text', copies, flagged, CASE label WHEN 'threat' THEN 'threats' WHEN 'insult' THEN 'insults'
        WHEN 'severe_toxic' THEN 'severely toxic comments' WHEN 'identity_hate' THEN 'comments with identity hate' ELSE label || ' comments' END)
    || CASE WHEN c.copy IS NULL THEN '' ELSE format('; of its {} authors {} are new', c.authors, c.new_authors) END AS message
FROM mostly LEFT JOIN campaigns c USING (platform, account, copy)
UNION ALL
SELECT platform || '/' || account, NULL, copy, format('a campaign: {} authors wrote the same, {} of them are new', authors, new_authors)
FROM campaigns ANTI JOIN mostly USING (platform, account, copy);
