-- Texts that comments of the period share: campaigns first, then the most copied. `of_flagged` is the share of the category's flagged
-- comments that they are, `of_waves` the same on the days of waves of abuse.
WITH stormy AS (FROM waves WHERE day BETWEEN $first AND $last AND is_of(platform, account, $only) AND is_among(platform, account, $places)),
found AS (FROM crowds($first, $last, $only, $places) ORDER BY is_campaign DESC, comments DESC, copy LIMIT $limit),
written AS (
    SELECT k.copy, c.posted_at, c.text, list_contains(c.flags, $label) AS is_flagged, s.day IS NOT NULL AS is_stormy
    FROM copied k SEMI JOIN found USING (copy)
    JOIN comments_scored c ON c.comment_id = k.comment_id AND c.day = k.day
    LEFT JOIN stormy s ON s.platform = k.platform AND s.account = k.account AND s.day = k.day
    WHERE k.day BETWEEN $first AND $last AND is_of(k.platform, k.account, $only) AND is_among(k.platform, k.account, $places)
        AND c.posted_at >= $first::DATE AND c.posted_at < $last::DATE + 1
),
flagged AS (
    SELECT copy, arg_min(text, posted_at) AS text, count(*) FILTER (is_flagged) AS flagged, count(*) FILTER (is_flagged AND is_stormy) AS stormy
    FROM written GROUP BY copy
),
total AS (
    SELECT sum(f.flagged) AS flagged, sum(f.flagged) FILTER (s.day IS NOT NULL) AS stormy
    FROM flags f LEFT JOIN stormy s USING (platform, account, day)
    WHERE f.label = $label AND f.day BETWEEN $first AND $last AND is_of(platform, account, $only) AND is_among(platform, account, $places)
)
SELECT copy, text, comments, authors, new_authors, usual_new, came, is_campaign, is_short, accounts, first_at, last_at, flagged.flagged,
    flagged.flagged / total.flagged AS of_flagged, flagged.stormy / total.stormy AS of_waves
FROM found JOIN flagged USING (copy), total ORDER BY is_campaign DESC, comments DESC, copy;
