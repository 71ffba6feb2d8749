-- The tables of a warehouse of format 2: one night with four comments, as the release before format 3 wrote it.
CREATE TABLE accounts(platform VARCHAR NOT NULL, account VARCHAR NOT NULL, tags VARCHAR[] NOT NULL);
INSERT INTO accounts VALUES
    ('instagram', 'orbital', ['space']);
CREATE TABLE author_days(platform VARCHAR NOT NULL, account VARCHAR NOT NULL, "day" DATE NOT NULL, author_hash VARCHAR NOT NULL, model VARCHAR NOT NULL, "comments" BIGINT NOT NULL, expected DOUBLE NOT NULL, worst FLOAT NOT NULL);
INSERT INTO author_days VALUES
    ('instagram', 'orbital', '2026-11-10', 'author a0', 'bilstm-1', 1, 0.8999999761581421, 0.8999999761581421),
    ('instagram', 'orbital', '2026-11-10', 'author a1', 'bilstm-1', 1, 0.8999999761581421, 0.8999999761581421),
    ('instagram', 'orbital', '2026-11-10', 'author a2', 'bilstm-1', 1, 0.019999999552965164, 0.019999999552965164),
    ('instagram', 'orbital', '2026-11-10', 'author a3', 'bilstm-1', 1, 0.019999999552965164, 0.019999999552965164);
CREATE TABLE captured(post_id VARCHAR NOT NULL, night DATE NOT NULL, first_at TIMESTAMP WITH TIME ZONE NOT NULL, last_at TIMESTAMP WITH TIME ZONE NOT NULL);
INSERT INTO captured VALUES
    ('instagram:orbital', '2026-11-10', '2026-11-10 00:00:00+00:00', '2026-11-10 03:00:00+00:00');
CREATE TABLE "comments"(comment_id VARCHAR NOT NULL, platform VARCHAR NOT NULL, account VARCHAR NOT NULL, post_id VARCHAR NOT NULL, parent_id VARCHAR, author_hash VARCHAR, "text" VARCHAR NOT NULL, has_media BOOLEAN NOT NULL, posted_at TIMESTAMP WITH TIME ZONE NOT NULL, likes BIGINT, reply_count BIGINT, "language" VARCHAR, text_key VARCHAR, first_night DATE NOT NULL, last_night DATE NOT NULL, terms VARCHAR[], listed VARCHAR[], gone_since DATE);
INSERT INTO comments VALUES
    ('a0', 'instagram', 'orbital', 'instagram:orbital', NULL, 'author a0', 'text 0', false, '2026-11-10 00:00:00+00:00', NULL, NULL, 'en', '650c5315aa1d27dd', '2026-11-10', '2026-11-10', ['text', '0'], []::VARCHAR[], NULL),
    ('a1', 'instagram', 'orbital', 'instagram:orbital', NULL, 'author a1', 'text 1', false, '2026-11-10 01:00:00+00:00', NULL, NULL, 'en', '6dd6451d06370723', '2026-11-10', '2026-11-10', ['text', '1'], []::VARCHAR[], NULL),
    ('a2', 'instagram', 'orbital', 'instagram:orbital', NULL, 'author a2', 'text 2', false, '2026-11-10 02:00:00+00:00', NULL, NULL, 'en', '6c70244328bd665d', '2026-11-10', '2026-11-10', ['text', '2'], []::VARCHAR[], NULL),
    ('a3', 'instagram', 'orbital', 'instagram:orbital', NULL, 'author a3', 'text 3', false, '2026-11-10 03:00:00+00:00', NULL, NULL, 'en', '44914d150b83f65a', '2026-11-10', '2026-11-10', ['text', '3'], []::VARCHAR[], NULL);
CREATE TABLE "days"(platform VARCHAR NOT NULL, account VARCHAR NOT NULL, "day" DATE NOT NULL, model VARCHAR NOT NULL, "label" VARCHAR NOT NULL, "comments" BIGINT NOT NULL, expected DOUBLE NOT NULL, variance DOUBLE NOT NULL);
INSERT INTO days VALUES
    ('instagram', 'orbital', '2026-11-10', 'bilstm-1', 'identity_hate', 4, 0.03999999910593033, 0.03959999949634074),
    ('instagram', 'orbital', '2026-11-10', 'bilstm-1', 'insult', 4, 0.03999999910593033, 0.03959999949634074),
    ('instagram', 'orbital', '2026-11-10', 'bilstm-1', 'obscene', 4, 0.03999999910593033, 0.03959999949634074),
    ('instagram', 'orbital', '2026-11-10', 'bilstm-1', 'severe_toxic', 4, 0.03999999910593033, 0.03959999949634074),
    ('instagram', 'orbital', '2026-11-10', 'bilstm-1', 'threat', 4, 0.03999999910593033, 0.03959999949634074),
    ('instagram', 'orbital', '2026-11-10', 'bilstm-1', 'toxic', 4, 1.8399999514222145, 0.21920003803372268);
CREATE TABLE drift(platform VARCHAR NOT NULL, account VARCHAR NOT NULL, "day" DATE NOT NULL, model VARCHAR NOT NULL, "label" VARCHAR NOT NULL, "comments" BIGINT NOT NULL, comments_before BIGINT, psi DOUBLE NOT NULL, psi_by_chance DOUBLE, is_shift BOOLEAN NOT NULL, ks DOUBLE, ks_by_chance DOUBLE);
INSERT INTO drift VALUES
    ('instagram', 'orbital', '2026-11-10', 'bilstm-1', 'identity_hate', 4, NULL, 0.5963895281341173, NULL, false, NULL, NULL),
    ('instagram', 'orbital', '2026-11-10', 'bilstm-1', 'insult', 4, NULL, 0.5963895281341173, NULL, false, NULL, NULL),
    ('instagram', 'orbital', '2026-11-10', 'bilstm-1', 'language', 4, NULL, 0.5963895281341173, NULL, false, NULL, NULL),
    ('instagram', 'orbital', '2026-11-10', 'bilstm-1', 'obscene', 4, NULL, 0.5963895281341173, NULL, false, NULL, NULL),
    ('instagram', 'orbital', '2026-11-10', 'bilstm-1', 'severe_toxic', 4, NULL, 0.5963895281341173, NULL, false, NULL, NULL),
    ('instagram', 'orbital', '2026-11-10', 'bilstm-1', 'threat', 4, NULL, 0.5963895281341173, NULL, false, NULL, NULL),
    ('instagram', 'orbital', '2026-11-10', 'bilstm-1', 'toxic', 4, NULL, 0.41385546319734, NULL, false, NULL, NULL);
CREATE TABLE format(steps INTEGER NOT NULL);
INSERT INTO format VALUES
    (2);
CREATE TABLE "hours"(platform VARCHAR NOT NULL, account VARCHAR NOT NULL, "day" DATE NOT NULL, "hour" TINYINT NOT NULL, model VARCHAR NOT NULL, "label" VARCHAR NOT NULL, "comments" BIGINT NOT NULL, expected DOUBLE NOT NULL);
INSERT INTO hours VALUES
    ('instagram', 'orbital', '2026-11-10', 0, 'bilstm-1', 'identity_hate', 1, 0.009999999776482582),
    ('instagram', 'orbital', '2026-11-10', 0, 'bilstm-1', 'insult', 1, 0.009999999776482582),
    ('instagram', 'orbital', '2026-11-10', 0, 'bilstm-1', 'obscene', 1, 0.009999999776482582),
    ('instagram', 'orbital', '2026-11-10', 0, 'bilstm-1', 'severe_toxic', 1, 0.009999999776482582),
    ('instagram', 'orbital', '2026-11-10', 0, 'bilstm-1', 'threat', 1, 0.009999999776482582),
    ('instagram', 'orbital', '2026-11-10', 0, 'bilstm-1', 'toxic', 1, 0.8999999761581421),
    ('instagram', 'orbital', '2026-11-10', 1, 'bilstm-1', 'identity_hate', 1, 0.009999999776482582),
    ('instagram', 'orbital', '2026-11-10', 1, 'bilstm-1', 'insult', 1, 0.009999999776482582),
    ('instagram', 'orbital', '2026-11-10', 1, 'bilstm-1', 'obscene', 1, 0.009999999776482582),
    ('instagram', 'orbital', '2026-11-10', 1, 'bilstm-1', 'severe_toxic', 1, 0.009999999776482582),
    ('instagram', 'orbital', '2026-11-10', 1, 'bilstm-1', 'threat', 1, 0.009999999776482582),
    ('instagram', 'orbital', '2026-11-10', 1, 'bilstm-1', 'toxic', 1, 0.8999999761581421),
    ('instagram', 'orbital', '2026-11-10', 2, 'bilstm-1', 'identity_hate', 1, 0.009999999776482582),
    ('instagram', 'orbital', '2026-11-10', 2, 'bilstm-1', 'insult', 1, 0.009999999776482582),
    ('instagram', 'orbital', '2026-11-10', 2, 'bilstm-1', 'obscene', 1, 0.009999999776482582),
    ('instagram', 'orbital', '2026-11-10', 2, 'bilstm-1', 'severe_toxic', 1, 0.009999999776482582),
    ('instagram', 'orbital', '2026-11-10', 2, 'bilstm-1', 'threat', 1, 0.009999999776482582),
    ('instagram', 'orbital', '2026-11-10', 2, 'bilstm-1', 'toxic', 1, 0.019999999552965164),
    ('instagram', 'orbital', '2026-11-10', 3, 'bilstm-1', 'identity_hate', 1, 0.009999999776482582),
    ('instagram', 'orbital', '2026-11-10', 3, 'bilstm-1', 'insult', 1, 0.009999999776482582),
    ('instagram', 'orbital', '2026-11-10', 3, 'bilstm-1', 'obscene', 1, 0.009999999776482582),
    ('instagram', 'orbital', '2026-11-10', 3, 'bilstm-1', 'severe_toxic', 1, 0.009999999776482582),
    ('instagram', 'orbital', '2026-11-10', 3, 'bilstm-1', 'threat', 1, 0.009999999776482582),
    ('instagram', 'orbital', '2026-11-10', 3, 'bilstm-1', 'toxic', 1, 0.019999999552965164);
CREATE TABLE ingest_errors(night DATE NOT NULL, platform VARCHAR NOT NULL, account VARCHAR NOT NULL, input_url VARCHAR, "error" VARCHAR NOT NULL, description VARCHAR, is_retryable BOOLEAN NOT NULL);
CREATE TABLE models(model VARCHAR NOT NULL, text_rule VARCHAR NOT NULL, is_champion BOOLEAN NOT NULL);
INSERT INTO models VALUES
    ('bilstm-1', '1', true);
CREATE TABLE policy_rules("policy" VARCHAR NOT NULL, tag VARCHAR, account VARCHAR, "language" VARCHAR, "label" VARCHAR NOT NULL, flagged_from DOUBLE NOT NULL, severity VARCHAR NOT NULL);
INSERT INTO policy_rules VALUES
    ('1', NULL, NULL, NULL, 'identity_hate', 0.5, 'high'),
    ('1', NULL, NULL, NULL, 'insult', 0.5, 'medium'),
    ('1', NULL, NULL, NULL, 'obscene', 0.5, 'low'),
    ('1', NULL, NULL, NULL, 'severe_toxic', 0.5, 'high'),
    ('1', NULL, NULL, NULL, 'threat', 0.4, 'critical'),
    ('1', NULL, NULL, NULL, 'toxic', 0.5, 'low');
CREATE TABLE post_days(platform VARCHAR NOT NULL, account VARCHAR NOT NULL, "day" DATE NOT NULL, post_id VARCHAR NOT NULL, "comments" BIGINT NOT NULL, gone BIGINT NOT NULL);
INSERT INTO post_days VALUES
    ('instagram', 'orbital', '2026-11-10', 'instagram:orbital', 4, 0);
CREATE TABLE post_scores(platform VARCHAR NOT NULL, account VARCHAR NOT NULL, "day" DATE NOT NULL, post_id VARCHAR NOT NULL, model VARCHAR NOT NULL, "comments" BIGINT NOT NULL, expected DOUBLE NOT NULL);
INSERT INTO post_scores VALUES
    ('instagram', 'orbital', '2026-11-10', 'instagram:orbital', 'bilstm-1', 4, 1.8399999514222145);
CREATE TABLE posts(post_id VARCHAR NOT NULL, platform VARCHAR NOT NULL, account VARCHAR NOT NULL, url VARCHAR NOT NULL, caption VARCHAR, posted_at TIMESTAMP WITH TIME ZONE, likes BIGINT, comment_count BIGINT, night DATE NOT NULL);
INSERT INTO posts VALUES
    ('instagram:orbital', 'instagram', 'orbital', 'https://x/p1', NULL, '2026-11-10 12:00:00+00:00', NULL, 1000, '2026-11-10');
CREATE TABLE quality(night DATE NOT NULL, expectation VARCHAR NOT NULL, column_name VARCHAR, "level" VARCHAR NOT NULL, is_met BOOLEAN NOT NULL, observed VARCHAR, unexpected_count BIGINT);
CREATE TABLE rejected(night DATE NOT NULL, comment_id VARCHAR, platform VARCHAR, account VARCHAR, post_id VARCHAR, author_hash VARCHAR, "text" VARCHAR, posted_at TIMESTAMP WITH TIME ZONE, reasons VARCHAR[] NOT NULL);
CREATE TABLE reviews(comment_id VARCHAR NOT NULL, reviewer VARCHAR NOT NULL, labels VARCHAR[] NOT NULL, reviewed_at TIMESTAMP WITH TIME ZONE NOT NULL, flags VARCHAR[] NOT NULL, model VARCHAR NOT NULL, "policy" VARCHAR NOT NULL);
CREATE TABLE runs(night DATE NOT NULL, run_id VARCHAR NOT NULL, platform VARCHAR NOT NULL, account VARCHAR NOT NULL, actor VARCHAR NOT NULL, status VARCHAR NOT NULL, items BIGINT NOT NULL, cost_usd DOUBLE NOT NULL);
CREATE TABLE score_bins(platform VARCHAR NOT NULL, account VARCHAR NOT NULL, "day" DATE NOT NULL, "language" VARCHAR NOT NULL, model VARCHAR NOT NULL, "label" VARCHAR NOT NULL, bin TINYINT NOT NULL, "comments" BIGINT NOT NULL, expected DOUBLE NOT NULL, variance DOUBLE NOT NULL);
INSERT INTO score_bins VALUES
    ('instagram', 'orbital', '2026-11-10', 'en', 'bilstm-1', 'identity_hate', 0, 4, 0.03999999910593033, 0.03959999949634074),
    ('instagram', 'orbital', '2026-11-10', 'en', 'bilstm-1', 'insult', 0, 4, 0.03999999910593033, 0.03959999949634074),
    ('instagram', 'orbital', '2026-11-10', 'en', 'bilstm-1', 'obscene', 0, 4, 0.03999999910593033, 0.03959999949634074),
    ('instagram', 'orbital', '2026-11-10', 'en', 'bilstm-1', 'severe_toxic', 0, 4, 0.03999999910593033, 0.03959999949634074),
    ('instagram', 'orbital', '2026-11-10', 'en', 'bilstm-1', 'threat', 0, 4, 0.03999999910593033, 0.03959999949634074),
    ('instagram', 'orbital', '2026-11-10', 'en', 'bilstm-1', 'toxic', 0, 2, 0.03999999910593033, 0.03919999988675116),
    ('instagram', 'orbital', '2026-11-10', 'en', 'bilstm-1', 'toxic', 18, 2, 1.7999999523162842, 0.18000003814697152);
CREATE TABLE scores(comment_id VARCHAR NOT NULL, text_key VARCHAR NOT NULL, model VARCHAR NOT NULL, posted_on DATE NOT NULL, toxic FLOAT NOT NULL, severe_toxic FLOAT NOT NULL, obscene FLOAT NOT NULL, threat FLOAT NOT NULL, insult FLOAT NOT NULL, identity_hate FLOAT NOT NULL, night DATE NOT NULL);
INSERT INTO scores VALUES
    ('a0', '650c5315aa1d27dd', 'bilstm-1', '2026-11-10', 0.8999999761581421, 0.009999999776482582, 0.009999999776482582, 0.009999999776482582, 0.009999999776482582, 0.009999999776482582, '2026-11-10'),
    ('a1', '6dd6451d06370723', 'bilstm-1', '2026-11-10', 0.8999999761581421, 0.009999999776482582, 0.009999999776482582, 0.009999999776482582, 0.009999999776482582, 0.009999999776482582, '2026-11-10'),
    ('a2', '6c70244328bd665d', 'bilstm-1', '2026-11-10', 0.019999999552965164, 0.009999999776482582, 0.009999999776482582, 0.009999999776482582, 0.009999999776482582, 0.009999999776482582, '2026-11-10'),
    ('a3', '44914d150b83f65a', 'bilstm-1', '2026-11-10', 0.019999999552965164, 0.009999999776482582, 0.009999999776482582, 0.009999999776482582, 0.009999999776482582, 0.009999999776482582, '2026-11-10');
CREATE TABLE stages(night DATE NOT NULL, stage VARCHAR NOT NULL, rows_in BIGINT NOT NULL, rows_out BIGINT NOT NULL, set_aside MAP(VARCHAR, BIGINT) NOT NULL, "seconds" DOUBLE NOT NULL);
CREATE TABLE terms(platform VARCHAR NOT NULL, account VARCHAR NOT NULL, "day" DATE NOT NULL, term VARCHAR NOT NULL, is_listed BOOLEAN NOT NULL, model VARCHAR NOT NULL, "comments" BIGINT NOT NULL, expected DOUBLE NOT NULL);
INSERT INTO terms VALUES
    ('instagram', 'orbital', '2026-11-10', 'text', false, 'bilstm-1', 4, 1.8399999514222145);
CREATE TABLE thresholds(platform VARCHAR NOT NULL, account VARCHAR NOT NULL, "language" VARCHAR NOT NULL, "label" VARCHAR NOT NULL, "policy" VARCHAR NOT NULL, flagged_from DOUBLE NOT NULL, severity VARCHAR NOT NULL);
INSERT INTO thresholds VALUES
    ('instagram', 'orbital', 'en', 'identity_hate', '1', 0.5, 'high'),
    ('instagram', 'orbital', 'en', 'insult', '1', 0.5, 'medium'),
    ('instagram', 'orbital', 'en', 'obscene', '1', 0.5, 'low'),
    ('instagram', 'orbital', 'en', 'severe_toxic', '1', 0.5, 'high'),
    ('instagram', 'orbital', 'en', 'threat', '1', 0.4, 'critical'),
    ('instagram', 'orbital', 'en', 'toxic', '1', 0.5, 'low');
CREATE TABLE worst_comments(platform VARCHAR NOT NULL, account VARCHAR NOT NULL, "week" DATE NOT NULL, model VARCHAR NOT NULL, place INTEGER NOT NULL, comment_id VARCHAR NOT NULL, toxic FLOAT NOT NULL);
INSERT INTO worst_comments VALUES
    ('instagram', 'orbital', '2026-11-09', 'bilstm-1', 1, 'a0', 0.8999999761581421),
    ('instagram', 'orbital', '2026-11-09', 'bilstm-1', 2, 'a1', 0.8999999761581421),
    ('instagram', 'orbital', '2026-11-09', 'bilstm-1', 3, 'a2', 0.019999999552965164),
    ('instagram', 'orbital', '2026-11-09', 'bilstm-1', 4, 'a3', 0.019999999552965164);
