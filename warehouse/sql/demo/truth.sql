-- The share of the comments with scores that is known to be abusive, by their IDs, and the model's estimate of it.
SELECT count(*) AS comments, avg((comment_id IN (SELECT unnest($abusive)))::INTEGER) AS share,
    avg(toxic) AS estimated, margin_of_share(estimated, count(*), NULL) AS margin
FROM comments_scored WHERE toxic IS NOT NULL;
