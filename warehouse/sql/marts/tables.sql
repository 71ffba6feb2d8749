-- Marts: sums that the dashboard and most questions read instead of the comments. Each can be made from the tables;
-- a night refreshes only the days of the accounts that it touched.

CREATE TABLE IF NOT EXISTS score_bins ( -- Comments by account, day, language, category and score: trends, flags, drift.
    platform VARCHAR NOT NULL, -- see accounts
    account  VARCHAR NOT NULL, -- see accounts
    day      DATE NOT NULL, -- the day (UTC) on which the comments were posted
    language VARCHAR NOT NULL, -- see comments
    model    VARCHAR NOT NULL, -- see models
    label    VARCHAR NOT NULL, -- the category
    bin      TINYINT NOT NULL, -- 0 to 19: the score lies in [bin, bin + 1) / 20
    comments BIGINT NOT NULL, -- how many
    expected DOUBLE NOT NULL, -- sum of their probabilities: how many of them are expected to be of the category
    variance DOUBLE NOT NULL -- sum of p × (1 − p), for intervals
);

CREATE TABLE IF NOT EXISTS days ( -- Comments by account, day and category.
    platform VARCHAR NOT NULL, -- see accounts
    account  VARCHAR NOT NULL, -- see accounts
    day      DATE NOT NULL, -- UTC
    model    VARCHAR NOT NULL, -- see models
    label    VARCHAR NOT NULL, -- the category
    comments BIGINT NOT NULL, -- how many
    expected DOUBLE NOT NULL, -- expected number of the category
    variance DOUBLE NOT NULL -- sum of p × (1 − p), for intervals
);

CREATE TABLE IF NOT EXISTS hours ( -- Comments by account, day, hour and category, for hour × weekday.
    platform VARCHAR NOT NULL, -- see accounts
    account  VARCHAR NOT NULL, -- see accounts
    day      DATE NOT NULL, -- UTC
    hour     TINYINT NOT NULL, -- UTC, 0 to 23
    model    VARCHAR NOT NULL, -- see models
    label    VARCHAR NOT NULL, -- the category
    comments BIGINT NOT NULL, -- how many
    expected DOUBLE NOT NULL -- expected number of the category
);

CREATE TABLE IF NOT EXISTS author_days ( -- Comments by author, account and day, for repeat authors.
    platform    VARCHAR NOT NULL, -- see accounts
    account     VARCHAR NOT NULL, -- see accounts
    day         DATE NOT NULL, -- UTC
    author_hash VARCHAR NOT NULL, -- see comments
    model       VARCHAR NOT NULL, -- see models
    comments    BIGINT NOT NULL, -- how many
    expected    DOUBLE NOT NULL, -- expected number of toxic ones
    worst       FLOAT NOT NULL -- highest toxic score
);

CREATE TABLE IF NOT EXISTS worst_comments ( -- The 100 most toxic comments of each account and week.
    platform   VARCHAR NOT NULL, -- see accounts
    account    VARCHAR NOT NULL, -- see accounts
    week       DATE NOT NULL, -- its Monday
    model      VARCHAR NOT NULL, -- see models
    place      INTEGER NOT NULL, -- 1 is the worst
    comment_id VARCHAR NOT NULL, -- see comments
    toxic      FLOAT NOT NULL -- its score
);

CREATE TABLE IF NOT EXISTS post_days ( -- Comments by post and day, with words or without.
    platform VARCHAR NOT NULL, -- see accounts
    account  VARCHAR NOT NULL, -- see accounts
    day      DATE NOT NULL, -- UTC
    post_id  VARCHAR NOT NULL, -- see posts
    comments BIGINT NOT NULL, -- how many
    gone     BIGINT NOT NULL -- how many of them were taken down
);

CREATE TABLE IF NOT EXISTS post_scores ( -- Scored comments by post and day.
    platform VARCHAR NOT NULL, -- see accounts
    account  VARCHAR NOT NULL, -- see accounts
    day      DATE NOT NULL, -- UTC
    post_id  VARCHAR NOT NULL, -- see posts
    model    VARCHAR NOT NULL, -- see models
    comments BIGINT NOT NULL, -- how many
    expected DOUBLE NOT NULL -- expected number of toxic ones
);

CREATE TABLE IF NOT EXISTS terms ( -- Words and phrases that three people or more said in an account's section on a day.
    platform  VARCHAR NOT NULL, -- see accounts
    account   VARCHAR NOT NULL, -- see accounts
    day       DATE NOT NULL, -- UTC
    term      VARCHAR NOT NULL, -- a word, a pair of words, or a phrase of the lexicon
    is_listed BOOLEAN NOT NULL, -- whether it is in the lexicon of abuse
    model     VARCHAR NOT NULL, -- see models
    comments  BIGINT NOT NULL, -- comments that say it
    expected  DOUBLE NOT NULL -- how many of those are expected to be toxic
);

CREATE TABLE IF NOT EXISTS lengths ( -- Comments by account, day and length.
    platform VARCHAR NOT NULL, -- see accounts
    account  VARCHAR NOT NULL, -- see accounts
    day      DATE NOT NULL, -- UTC
    bin      TINYINT NOT NULL, -- 0 to 19: twice the binary logarithm of characters + 1
    comments BIGINT NOT NULL -- how many, without those whose text was kept as long as it may be
);

CREATE TABLE IF NOT EXISTS drift ( -- How far a day's scores, languages, lengths and volume are from the 28 days before, by account.
    platform        VARCHAR NOT NULL, -- see accounts
    account         VARCHAR NOT NULL, -- see accounts
    day             DATE NOT NULL, -- UTC
    model           VARCHAR NOT NULL, -- see models
    label           VARCHAR NOT NULL, -- the category whose scores it is about; or "language", "length", "volume"
    comments        BIGINT NOT NULL, -- how many on the day
    comments_before BIGINT, -- how many on the 28 days before; NULL where there are none
    usual           DOUBLE, -- of the volume: comments on the median day of those
    psi             DOUBLE, -- population stability index: 0 where nothing moved; NULL of the volume
    psi_by_chance   DOUBLE, -- chance alone stays below it in 19 of 20 cases
    is_shift        BOOLEAN NOT NULL, -- psi is above 0.25 and beyond chance, the volume four median deviations off; never where there is nothing before
    ks              DOUBLE, -- Kolmogorov and Smirnov's distance of scores and lengths: how far apart they are at most
    ks_by_chance    DOUBLE -- chance alone stays below it in 19 of 20 cases
);
