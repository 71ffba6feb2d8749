-- Which accounts get the most toxic comments, and how complete is the data?
SELECT d.platform || '/' || d.account AS account, sum(d.comments)::BIGINT AS comments, sum(d.expected) / sum(d.comments) AS toxic_share,
    sum(d.flagged)::BIGINT AS flagged, any_value(c.coverage) AS coverage
FROM daily d LEFT JOIN coverage c USING (platform, account)
WHERE d.label = 'toxic'
GROUP BY ALL ORDER BY toxic_share DESC;
