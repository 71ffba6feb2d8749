-- Whom comments of the period address, and how toxic those are.
SELECT directed_at, sum(comments)::BIGINT AS comments, sum(expected) AS toxic, sum(expected) / sum(comments) AS share,
    margin_of_share(sum(expected) / sum(comments), sum(comments), sum(off_by)) AS margin
FROM by_addressee WHERE day BETWEEN $first AND $last AND is_of(platform, account, $only) AND is_among(platform, account, $places)
GROUP BY directed_at ORDER BY comments DESC, directed_at;
