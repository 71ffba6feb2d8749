-- Marts: sums that the dashboard and most queries read instead of the comments. Each can be rebuilt from the tables;
-- a night refreshes only the accounts and days it touched.

CREATE TABLE IF NOT EXISTS score_bins ( -- Comments by account, day, language, category and score, for trends, flags and drift.
    platform VARCHAR NOT NULL, -- see accounts
    account  VARCHAR NOT NULL, -- see accounts
    day      DATE NOT NULL, -- day (UTC) the comments were posted
    language VARCHAR NOT NULL, -- see comments
    model    VARCHAR NOT NULL, -- see models
    label    VARCHAR NOT NULL, -- category
    bin      TINYINT NOT NULL, -- 0 to 19: score in [bin ÷ 20, (bin + 1) ÷ 20)
    comments BIGINT NOT NULL, -- comments with a score
    expected DOUBLE NOT NULL, -- sum of p: estimated number of comments in the category
    variance DOUBLE NOT NULL, -- sum of p × (1 − p), for intervals
    off_by   DOUBLE -- how far the calibration may put `expected` off, as a standard error; 0 or NULL without one
);

CREATE TABLE IF NOT EXISTS word_bins ( -- Comments that contain own words, by account, day, language, category and score, for flags.
    platform VARCHAR NOT NULL, -- see accounts
    account  VARCHAR NOT NULL, -- see accounts
    day      DATE NOT NULL, -- UTC
    language VARCHAR NOT NULL, -- see comments
    model    VARCHAR NOT NULL, -- see models
    label    VARCHAR NOT NULL, -- category
    bin      TINYINT, -- see score_bins; NULL without a score
    flagged  BIGINT NOT NULL, -- comments that words flag
    never    BIGINT NOT NULL -- comments that words keep from being flagged
);

CREATE TABLE IF NOT EXISTS spam_days ( -- Comments by account and day, and how many are spam, in any language.
    platform VARCHAR NOT NULL, -- see accounts
    account  VARCHAR NOT NULL, -- see accounts
    day      DATE NOT NULL, -- UTC
    comments BIGINT NOT NULL, -- comments with a probability of spam
    spam     BIGINT NOT NULL, -- how many of them are spam by policies.toml
    expected DOUBLE NOT NULL, -- sum of the probabilities: estimated number of spam comments
    unread   BIGINT NOT NULL -- comments with text but without a probability, because an older release cleaned them
);

CREATE TABLE IF NOT EXISTS spam_bins ( -- Spam by account, day, language, category and score: what it adds to score_bins, or would add if it were counted.
    platform VARCHAR NOT NULL, -- see accounts
    account  VARCHAR NOT NULL, -- see accounts
    day      DATE NOT NULL, -- UTC
    language VARCHAR NOT NULL, -- see comments
    model    VARCHAR NOT NULL, -- see models
    label    VARCHAR NOT NULL, -- category
    bin      TINYINT NOT NULL, -- see score_bins
    comments BIGINT NOT NULL, -- spam comments with a score
    expected DOUBLE NOT NULL, -- sum of p: estimated number of spam comments in the category
    variance DOUBLE NOT NULL, -- sum of p × (1 − p)
    off_by   DOUBLE -- see score_bins
);

CREATE TABLE IF NOT EXISTS unjudged ( -- Comments without scores: the model was not judged in their language.
    platform VARCHAR NOT NULL, -- see accounts
    account  VARCHAR NOT NULL, -- see accounts
    day      DATE NOT NULL, -- UTC
    language VARCHAR NOT NULL, -- see comments
    model    VARCHAR NOT NULL, -- see models
    comments BIGINT NOT NULL -- comments without a score
);

CREATE TABLE IF NOT EXISTS attacks ( -- Comments by account, day and whom they most likely attack.
    platform VARCHAR NOT NULL, -- see accounts
    account  VARCHAR NOT NULL, -- see accounts
    day      DATE NOT NULL, -- UTC
    model    VARCHAR NOT NULL, -- see models
    attacked VARCHAR NOT NULL, -- see scores
    comments BIGINT NOT NULL, -- comments with a score
    expected DOUBLE NOT NULL -- sum of p: estimated number of toxic comments
);

CREATE TABLE IF NOT EXISTS addressees ( -- Comments by account, day and whom they address.
    platform    VARCHAR NOT NULL, -- see accounts
    account     VARCHAR NOT NULL, -- see accounts
    day         DATE NOT NULL, -- UTC
    model       VARCHAR NOT NULL, -- see models
    directed_at VARCHAR NOT NULL, -- account, commenter, group (if it were toxic, it would attack one) or nobody; see comments_scored
    comments    BIGINT NOT NULL, -- comments with a score
    expected    DOUBLE NOT NULL, -- sum of p: estimated number of toxic comments
    off_by      DOUBLE NOT NULL -- how far the calibration may put `expected` off, as a standard error; 0 without one
);

CREATE TABLE IF NOT EXISTS days ( -- Comments by account, day and category.
    platform VARCHAR NOT NULL, -- see accounts
    account  VARCHAR NOT NULL, -- see accounts
    day      DATE NOT NULL, -- UTC
    model    VARCHAR NOT NULL, -- see models
    label    VARCHAR NOT NULL, -- category
    comments BIGINT NOT NULL, -- comments with a score
    expected DOUBLE NOT NULL, -- sum of p: estimated number of comments in the category
    variance DOUBLE NOT NULL, -- sum of p × (1 − p), for intervals
    off_by   DOUBLE -- how far the calibration may put `expected` off, as a standard error; 0 or NULL without one
);

CREATE TABLE IF NOT EXISTS hours ( -- Comments by account, day, hour and category, for the weekday × hour chart.
    platform VARCHAR NOT NULL, -- see accounts
    account  VARCHAR NOT NULL, -- see accounts
    day      DATE NOT NULL, -- UTC
    hour     TINYINT NOT NULL, -- UTC, 0 to 23
    model    VARCHAR NOT NULL, -- see models
    label    VARCHAR NOT NULL, -- category
    comments BIGINT NOT NULL, -- comments with a score
    expected DOUBLE NOT NULL -- sum of p: estimated number of comments in the category
);

CREATE TABLE IF NOT EXISTS author_days ( -- Comments by author, account and day, for repeat authors.
    platform    VARCHAR NOT NULL, -- see accounts
    account     VARCHAR NOT NULL, -- see accounts
    day         DATE NOT NULL, -- UTC
    author_hash VARCHAR NOT NULL, -- see comments
    model       VARCHAR NOT NULL, -- see models
    comments    BIGINT NOT NULL, -- comments with a score
    expected    DOUBLE NOT NULL, -- sum of p: estimated number of toxic comments
    worst       FLOAT NOT NULL -- highest toxic score of the day
);

CREATE TABLE IF NOT EXISTS flagged_comments ( -- Comments that the policy flags, by scores of the model in use or by own words.
    platform    VARCHAR NOT NULL, -- see accounts
    account     VARCHAR NOT NULL, -- see accounts
    day         DATE NOT NULL, -- day (UTC) it was posted
    comment_id  VARCHAR NOT NULL, -- see comments
    author_hash VARCHAR, -- see comments
    flags       VARCHAR[] NOT NULL, -- see comments_scored
    severity    VARCHAR NOT NULL, -- highest severity among the flags
    has_score   BOOLEAN NOT NULL, -- false: only own words flag it
    is_spam     BOOLEAN NOT NULL -- see comments_scored
);

CREATE TABLE IF NOT EXISTS worst_comments ( -- The 100 most toxic comments of each account and week.
    platform   VARCHAR NOT NULL, -- see accounts
    account    VARCHAR NOT NULL, -- see accounts
    week       DATE NOT NULL, -- Monday of the week
    model      VARCHAR NOT NULL, -- see models
    place      INTEGER NOT NULL, -- rank, 1 is the most toxic
    comment_id VARCHAR NOT NULL, -- see comments
    toxic      FLOAT NOT NULL -- its toxic score
);

CREATE TABLE IF NOT EXISTS collected ( -- Comments by account, the day they were posted and the night that found them.
    platform   VARCHAR NOT NULL, -- see accounts
    account    VARCHAR NOT NULL, -- see accounts
    day        DATE NOT NULL, -- UTC
    night      DATE NOT NULL, -- first night that collected them
    comments   BIGINT NOT NULL, -- comments, with or without a score
    last_night DATE NOT NULL -- last night that collected any of them
);

CREATE TABLE IF NOT EXISTS post_days ( -- Comments by post and day, with or without text.
    platform VARCHAR NOT NULL, -- see accounts
    account  VARCHAR NOT NULL, -- see accounts
    day      DATE NOT NULL, -- UTC
    post_id  VARCHAR NOT NULL, -- see posts
    comments BIGINT NOT NULL, -- comments, with or without a score
    gone     BIGINT NOT NULL -- number of comments taken down since
);

CREATE TABLE IF NOT EXISTS post_scores ( -- Scored comments by post, day and category.
    platform VARCHAR NOT NULL, -- see accounts
    account  VARCHAR NOT NULL, -- see accounts
    day      DATE NOT NULL, -- UTC
    post_id  VARCHAR NOT NULL, -- see posts
    model    VARCHAR NOT NULL, -- see models
    label    VARCHAR NOT NULL, -- category
    comments BIGINT NOT NULL, -- comments with a score
    expected DOUBLE NOT NULL, -- sum of p: estimated number of comments in the category
    variance DOUBLE NOT NULL, -- sum of p × (1 − p)
    off_by   DOUBLE -- how far the calibration may put `expected` off, as a standard error; 0 or NULL without one
);

CREATE TABLE IF NOT EXISTS likeness ( -- How much comments of one day, and below one post, resemble each other, by account and category.
    platform VARCHAR NOT NULL, -- see accounts
    account  VARCHAR NOT NULL, -- see accounts
    day      DATE NOT NULL, -- UTC
    model    VARCHAR NOT NULL, -- see models
    label    VARCHAR NOT NULL, -- category
    days     BIGINT NOT NULL, -- days with comments among the 28 days before, which say so
    of_days  DOUBLE, -- variance of the days' shares beyond chance ÷ share × (1 − share); the other accounts' mean if days are too few
    of_posts DOUBLE -- the same between posts of one day
);

CREATE TABLE IF NOT EXISTS terms ( -- Words and phrases that at least three people used on an account and day.
    platform  VARCHAR NOT NULL, -- see accounts
    account   VARCHAR NOT NULL, -- see accounts
    day       DATE NOT NULL, -- UTC
    term      VARCHAR NOT NULL, -- word, word pair, or phrase of the abuse lexicon
    is_listed BOOLEAN NOT NULL, -- whether it is in the abuse lexicon
    model     VARCHAR NOT NULL, -- see models
    comments  BIGINT NOT NULL, -- comments that contain it
    expected  DOUBLE NOT NULL -- sum of p: estimated number of toxic comments among them
);

CREATE TABLE IF NOT EXISTS lengths ( -- Comments by account, day and length.
    platform VARCHAR NOT NULL, -- see accounts
    account  VARCHAR NOT NULL, -- see accounts
    day      DATE NOT NULL, -- UTC
    bin      TINYINT NOT NULL, -- 0 to 19: floor(2 × log2(characters + 1))
    comments BIGINT NOT NULL -- number of comments, without those whose text has expired
);

CREATE TABLE IF NOT EXISTS drift ( -- How far a day's scores, languages, lengths and volume differ from the 28 days before, by account.
    platform        VARCHAR NOT NULL, -- see accounts
    account         VARCHAR NOT NULL, -- see accounts
    day             DATE NOT NULL, -- UTC
    model           VARCHAR NOT NULL, -- see models
    label           VARCHAR NOT NULL, -- category whose scores are compared; or language, length, volume
    comments        BIGINT NOT NULL, -- number of comments on the day
    comments_before BIGINT, -- number of comments in the 28 days before; NULL if none
    usual           DOUBLE, -- for volume: median comments per day in those 28 days
    psi             DOUBLE, -- population stability index, 0 for no change; NULL for volume
    psi_by_chance   DOUBLE, -- 95% limit of chance, with how much days differ anyway
    is_shift        BOOLEAN NOT NULL, -- psi > 0.25 and more than chance among all compared that day; for volume, 4 median deviations off; false with few earlier days
    ks              DOUBLE, -- Kolmogorov–Smirnov distance: largest gap between the two cumulative distributions
    ks_by_chance    DOUBLE -- 95% limit of chance
);

CREATE TABLE IF NOT EXISTS copied ( -- Comments that share a text, with small changes or none, with at least two others of the same week (Monday to Sunday), on any account.
    platform   VARCHAR NOT NULL, -- see accounts
    account    VARCHAR NOT NULL, -- see accounts
    day        DATE NOT NULL, -- UTC
    copy       VARCHAR NOT NULL, -- the group: 12 digits, the same in every week for the same text
    comment_id VARCHAR NOT NULL -- see comments
);

CREATE TABLE IF NOT EXISTS copies ( -- Groups of comments that share a text, by account and day.
    platform    VARCHAR NOT NULL, -- see accounts
    account     VARCHAR NOT NULL, -- see accounts
    day         DATE NOT NULL, -- UTC
    copy        VARCHAR NOT NULL, -- see copied
    is_short    BOOLEAN NOT NULL, -- fewer than 24 letters, or cleaned by an older release: many people may have come up with it
    comments    BIGINT NOT NULL, -- comments that share the text
    first_at    TIMESTAMPTZ NOT NULL, -- time of the first one
    last_at     TIMESTAMPTZ NOT NULL, -- time of the last one
    authors     BIGINT NOT NULL, -- authors who wrote it for the first time in the week
    new_authors BIGINT NOT NULL, -- how many of these are new: their first comment on the account, after 28 days without one, is at most a week old
    usual_new   DOUBLE NOT NULL -- how many would be, if they were like the day's others on the account, who copied no long text
);

CREATE TABLE IF NOT EXISTS newcomers ( -- Authors by account and day, and how many are new.
    platform    VARCHAR NOT NULL, -- see accounts
    account     VARCHAR NOT NULL, -- see accounts
    day         DATE NOT NULL, -- UTC
    authors     BIGINT NOT NULL, -- authors of comments, with or without a score
    new_authors BIGINT NOT NULL -- those whose first comment on the account, after 28 days without one, is at most a week old
);
