-- Other texts that a fifth or more of a campaign's authors share: who appears together.
WITH campaigns AS (SELECT copy, authors FROM crowds($first, $last, $only, $places) WHERE is_campaign ORDER BY comments DESC LIMIT $limit),
copiers AS (
    SELECT DISTINCT k.copy, c.author_hash AS author, c.text FROM copied k JOIN comments c USING (comment_id)
    WHERE k.day BETWEEN $first AND $last AND is_of(k.platform, k.account, $only) AND is_among(k.platform, k.account, $places)
        AND c.posted_at >= $first::DATE AND c.posted_at < $last::DATE + 1 AND c.author_hash IS NOT NULL
),
named AS (SELECT copy, min(text) AS text FROM copiers GROUP BY copy)
SELECT one.copy, any_value(named.text) AS text, other.copy AS other, any_value(others.text) AS other_text, count(DISTINCT one.author) AS authors
FROM copiers one JOIN campaigns USING (copy) JOIN copiers other ON other.author = one.author AND other.copy <> one.copy
    AND (other.copy > one.copy OR other.copy NOT IN (SELECT copy FROM campaigns))
JOIN named ON named.copy = one.copy JOIN named others ON others.copy = other.copy
GROUP BY one.copy, other.copy HAVING count(DISTINCT one.author) >= greatest(campaign_from() * any_value(campaigns.authors), least_copies()) ORDER BY 5 DESC, one.copy, other.copy LIMIT $limit;
