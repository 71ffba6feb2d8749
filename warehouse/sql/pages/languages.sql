-- One category by language.
SELECT b.language, sum(b.comments)::BIGINT AS comments, sum(b.expected) / sum(b.comments) AS share,
    margin_of_share(share, sum(b.comments), sum(b.off_by)) AS margin
FROM score_bins b JOIN champion USING (model)
WHERE b.label = $label AND b.day BETWEEN $first AND $last AND b.platform || '/' || b.account = $account
GROUP BY ALL HAVING sum(b.comments) >= 5 ORDER BY comments DESC LIMIT 8;
