-- Each category by language, over one account, several, or all.
SELECT language, label, sum(comments)::BIGINT AS comments, sum(expected) / sum(comments) AS share,
    margin_of_share(share, sum(comments), sum(off_by)) AS margin
FROM score_bins JOIN champion USING (model)
WHERE day BETWEEN $first AND $last AND is_of(platform, account, $only) AND is_among(platform, account, $places)
GROUP BY ALL ORDER BY comments DESC, language, label;
