-- The account's posts with the highest share of toxic comments among those written in the period.
WITH written AS (
    SELECT post_id, sum(comments)::BIGINT AS comments, sum(expected) / sum(comments) AS toxic_share
    FROM post_scores JOIN champion USING (model)
    WHERE label = 'toxic' AND day BETWEEN $first AND $last AND is_of(platform, account, $account)
    GROUP BY post_id HAVING sum(comments) >= 10
),
worst AS (SELECT * FROM written JOIN posts USING (post_id) ORDER BY toxic_share DESC, post_id LIMIT 8),
counted AS (
    SELECT post_id, sum(comments)::BIGINT AS captured FROM post_days SEMI JOIN worst USING (post_id) GROUP BY post_id
)
SELECT posted_at::DATE AS day, left(caption, 90) AS caption, comments, coverage_of(coalesce(captured, 0), comment_count) AS coverage,
    toxic_share, url, post_id
FROM worst LEFT JOIN counted USING (post_id) GROUP BY ALL ORDER BY toxic_share DESC, post_id;
