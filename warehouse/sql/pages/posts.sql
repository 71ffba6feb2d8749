-- The account's posts with the highest share of toxic comments among those written in the period.
WITH written AS (
    SELECT post_id, sum(comments)::BIGINT AS comments, sum(expected) / sum(comments) AS toxic_share
    FROM post_scores JOIN champion USING (model)
    WHERE label = 'toxic' AND day BETWEEN $first AND $last AND is_of(platform, account, $account) GROUP BY post_id
)
SELECT posted_at::DATE AS day, left(caption, 90) AS caption, comments, coverage, toxic_share, url, post_id
FROM written JOIN post_coverage USING (post_id) WHERE comments >= 10 ORDER BY toxic_share DESC, post_id LIMIT 8;
