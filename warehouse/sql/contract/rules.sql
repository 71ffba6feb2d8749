-- Rules of the contract. Each names its view and returns the offending rows; `toxwatch contract check` runs them.

-- v1_comments: Scores are between 0 and 1.
SELECT comment_id FROM v1_comments
WHERE NOT (least(toxic, severe_toxic, obscene, threat, insult, identity_hate) >= 0
    AND greatest(toxic, severe_toxic, obscene, threat, insult, identity_hate) <= 1)

-- v1_comments: Every comment belongs to an account and a post.
SELECT comment_id FROM v1_comments WHERE platform IS NULL OR account IS NULL OR post_id IS NULL

-- v1_comments: Comments without text or in a language the model was not judged in have no scores, and no flags.
SELECT comment_id FROM v1_comments WHERE toxic IS NULL AND len(flags) > 0

-- v1_daily: Shares are between 0 and 1, and their margins are not negative.
SELECT account, day, label FROM v1_daily WHERE NOT (share BETWEEN 0 AND 1 AND margin >= 0)

-- v1_daily: No more comments are flagged than there are.
SELECT account, day, label FROM v1_daily WHERE flagged > comments

-- v1_nights: A stage passes on no more rows than it read.
SELECT night, stage FROM v1_nights WHERE rows_out > rows_in AND stage IN ('validate', 'clean', 'score')

-- v1_costs: Nothing costs less than nothing.
SELECT night, account FROM v1_costs WHERE cost_usd < 0 OR new_comments < 0
