-- The share of the comments with scores that is known to be abusive, by their IDs, and the model's estimate of it.
SELECT count(*) AS comments, avg((split_part(comment_id, ':', 2) IN (SELECT unnest($abusive)))::INTEGER) AS share,
    avg(toxic) AS estimated, margin_of_share(estimated, count(*), NULL) AS margin
FROM comments_scored WHERE toxic IS NOT NULL;
