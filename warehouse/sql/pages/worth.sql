-- Of each account in the period: comments with scores, and as how many independent ones they count.
SELECT platform || '/' || account AS account, comments,
    CASE WHEN noise > 0 THEN greatest(round(expected * (1 - expected / comments) * comments / noise), 1) END::BIGINT AS worth
FROM compared_periods($first, $days, $first, $last) WHERE period = 0 AND label = $label AND comments > 0 ORDER BY comments DESC LIMIT 12;
