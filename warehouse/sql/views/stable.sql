-- What others may build on: these views keep their columns, types and meaning in all releases with the same first number.
-- warehouse/contract.yaml promises it; columns may be added at the end.
CREATE OR REPLACE VIEW v1_accounts AS SELECT platform, account, tags FROM accounts;
COMMENT ON VIEW v1_accounts IS 'Watched accounts. One row per account.';

CREATE OR REPLACE VIEW v1_posts AS
SELECT post_id, platform, account, url, caption, posted_at, likes, comment_count, night FROM posts;
COMMENT ON VIEW v1_posts IS 'Posts, as last collected. One row per post.';

CREATE OR REPLACE VIEW v1_comments AS
SELECT comment_id, platform, account, post_id, CASE WHEN NOT starts_with(parent_id, erased()) THEN parent_id END AS parent_id, author_hash, text, posted_at, day, language, likes, reply_count,
    toxic, severe_toxic, obscene, threat, insult, identity_hate, flags, severity, attacked, reviewed_as, model, policy,
    first_night, last_night, gone_since, spam, directed_at
FROM comments_scored;
COMMENT ON VIEW v1_comments IS 'Comments with the calibrated scores of the model in use, flags and severity by the policy, and the latest review. One row per comment.';
COMMENT ON COLUMN v1_comments.parent_id IS 'comment it replies to; NULL if none';

CREATE OR REPLACE VIEW v1_daily AS
SELECT platform, account, day, label, comments, share, margin, flagged FROM daily;
COMMENT ON VIEW v1_daily IS 'Toxicity by account, day and category: estimated share ± margin (95% interval), flagged comments. One row per account, day and category.';

CREATE OR REPLACE VIEW v1_nights AS SELECT night, stage, rows_in, rows_out, seconds FROM stages;
COMMENT ON VIEW v1_nights IS 'What each stage did on each night. One row per night and stage.';
COMMENT ON COLUMN v1_nights.night IS 'day (UTC) whose comments were collected';

CREATE OR REPLACE VIEW v1_costs AS SELECT night, platform, account, cost_usd, new_comments, compute_seconds FROM costs;
COMMENT ON VIEW v1_costs IS 'What each account''s comments cost. One row per night and account.';
COMMENT ON COLUMN v1_costs.night IS 'day (UTC) whose comments were collected';
COMMENT ON COLUMN v1_costs.cost_usd IS 'charged by Apify';
