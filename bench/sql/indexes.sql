CREATE INDEX comments_of_account ON comments (account, posted_at);
CREATE INDEX comments_by_id ON comments (comment_id);
CREATE INDEX scores_by_id ON scores (comment_id);
CREATE INDEX bins_of_account ON score_bins (account, day);
