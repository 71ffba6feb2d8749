-- The tables. A line's comment is stored with its table or column (COMMENT ON), where `toxwatch sql` and
-- docs/warehouse.md find it. No PRIMARY KEY: its index made loading seven times slower; sql/checks tests uniqueness.

CREATE TABLE IF NOT EXISTS accounts ( -- Watched accounts, as targets.toml last named them.
    platform    VARCHAR NOT NULL, -- instagram, tiktok, youtube or facebook
    account     VARCHAR NOT NULL, -- the handle, unique within its platform
    tags        VARCHAR[] NOT NULL -- words of your own to group accounts by
);

CREATE TABLE IF NOT EXISTS posts ( -- Posts, as they were seen last.
    post_id       VARCHAR NOT NULL, -- platform:id
    platform      VARCHAR NOT NULL, -- see accounts
    account       VARCHAR NOT NULL, -- see accounts
    url           VARCHAR NOT NULL, -- where people see it
    caption       VARCHAR, -- what the account wrote
    posted_at     TIMESTAMPTZ, -- when it was posted
    likes         BIGINT, -- NULL where the account hides them
    comment_count BIGINT, -- comments the platform says it has, replies included
    night         DATE NOT NULL -- the last night that saw it
);

CREATE TABLE IF NOT EXISTS comments ( -- Comments, as they were seen last; a late one stands on the day it was posted.
    comment_id  VARCHAR NOT NULL, -- platform:id
    platform    VARCHAR NOT NULL, -- see accounts
    account     VARCHAR NOT NULL, -- the account whose comment section it is in
    post_id     VARCHAR NOT NULL, -- see posts
    parent_id   VARCHAR, -- the comment this one replies to
    author_hash VARCHAR, -- a keyed hash: the same person is the same on one platform, and nobody by name
    text        VARCHAR NOT NULL, -- as it was written; empty where it is only a picture
    has_media   BOOLEAN NOT NULL, -- a GIF, sticker or picture
    posted_at   TIMESTAMPTZ NOT NULL, -- when it was written
    likes       BIGINT, -- when it was seen last
    reply_count BIGINT, -- when it was seen last, where the platform says it
    language    VARCHAR, -- ISO 639-1, und where undetermined; NULL where there are no words
    text_key    VARCHAR, -- equal for texts that models read alike; NULL where there are no words
    first_night DATE NOT NULL, -- the first night that saw it
    last_night  DATE NOT NULL, -- the last night that saw it
    terms       VARCHAR[], -- its words and pairs of words without stop words; NULL where Spark NLP has not read it
    listed      VARCHAR[], -- phrases of the lexicon in it; NULL where Spark NLP has not read it
    gone_since  DATE -- the first night that saw its neighbours and not it: taken down; NULL while it stands
);

CREATE TABLE IF NOT EXISTS captured ( -- The span of a post's comments that a night saw, on platforms that give the newest first.
    post_id  VARCHAR NOT NULL, -- see posts
    night    DATE NOT NULL, -- the night that saw them
    first_at TIMESTAMPTZ NOT NULL, -- when the oldest comment it saw was written
    last_at  TIMESTAMPTZ NOT NULL -- when the newest comment it saw was written
);

CREATE TABLE IF NOT EXISTS scores ( -- Calibrated probabilities, one row a comment, text and model.
    comment_id    VARCHAR NOT NULL, -- see comments
    text_key      VARCHAR NOT NULL, -- the text that was scored: an edited comment has several
    model         VARCHAR NOT NULL, -- see models
    posted_on     DATE NOT NULL, -- the comment's day, so that a load reads its own days only
    toxic         FLOAT NOT NULL, -- probability that people would call it toxic
    severe_toxic  FLOAT NOT NULL, -- … very toxic
    obscene       FLOAT NOT NULL, -- … obscene
    threat        FLOAT NOT NULL, -- … a threat
    insult        FLOAT NOT NULL, -- … an insult
    identity_hate FLOAT NOT NULL, -- … hateful of a group
    night         DATE NOT NULL -- the night that scored it
);

CREATE TABLE IF NOT EXISTS models ( -- Models that have scored here.
    model       VARCHAR NOT NULL, -- version: kind and the hash of its files
    text_rule   VARCHAR NOT NULL, -- version of the rule that prepared its texts
    is_champion BOOLEAN NOT NULL -- the one whose scores the views show
);

CREATE TABLE IF NOT EXISTS policy_rules ( -- policies.toml: what counts as flagged, apart from the scores.
    policy       VARCHAR NOT NULL, -- version of the policy
    tag          VARCHAR, -- for accounts with this tag only
    account      VARCHAR, -- for this account only, as platform/handle
    language     VARCHAR, -- for this language only
    label        VARCHAR NOT NULL, -- the category
    flagged_from DOUBLE NOT NULL, -- least probability to be flagged, a multiple of 0.05
    severity     VARCHAR NOT NULL -- low, medium, high or critical
);

CREATE TABLE IF NOT EXISTS thresholds ( -- Which rule of the policy holds for an account and language.
    platform     VARCHAR NOT NULL, -- see accounts
    account      VARCHAR NOT NULL, -- see accounts
    language     VARCHAR NOT NULL, -- see comments
    label        VARCHAR NOT NULL, -- the category
    policy       VARCHAR NOT NULL, -- version of the policy
    flagged_from DOUBLE NOT NULL, -- see policy_rules
    severity     VARCHAR NOT NULL -- see policy_rules
);

CREATE TABLE IF NOT EXISTS stages ( -- What each stage of each night did.
    night     DATE NOT NULL, -- the day whose comments were collected
    stage     VARCHAR NOT NULL, -- scrape, validate, clean, score or publish
    rows_in   BIGINT NOT NULL, -- rows it read
    rows_out  BIGINT NOT NULL, -- rows it handed on
    set_aside MAP(VARCHAR, BIGINT) NOT NULL, -- reason → rows that it did not hand on
    seconds   DOUBLE NOT NULL -- how long it took
);

CREATE TABLE IF NOT EXISTS runs ( -- Paid Apify runs.
    night    DATE NOT NULL, -- the night they belong to
    run_id   VARCHAR NOT NULL, -- Apify's id
    platform VARCHAR NOT NULL, -- see accounts
    account  VARCHAR NOT NULL, -- see accounts
    actor    VARCHAR NOT NULL, -- the Apify actor
    status   VARCHAR NOT NULL, -- Apify's word for how it ended
    items    BIGINT NOT NULL, -- items it gave
    cost_usd DOUBLE NOT NULL -- what Apify charged
);

CREATE TABLE IF NOT EXISTS ingest_errors ( -- What a source refused: private, deleted, blocked.
    night        DATE NOT NULL, -- the night it was asked
    platform     VARCHAR NOT NULL, -- see accounts
    account      VARCHAR NOT NULL, -- see accounts
    input_url    VARCHAR, -- what was asked for
    error        VARCHAR NOT NULL, -- the source's word for it
    description  VARCHAR, -- the source's sentence for it
    is_retryable BOOLEAN NOT NULL -- the next run of this night asks again
);

CREATE TABLE IF NOT EXISTS rejected ( -- Comments that validate set aside.
    night       DATE NOT NULL, -- the night that rejected it
    comment_id  VARCHAR, -- NULL where the source sent none
    platform    VARCHAR, -- see accounts
    account     VARCHAR, -- see accounts
    post_id     VARCHAR, -- see posts
    author_hash VARCHAR, -- see comments
    text        VARCHAR, -- as it came
    posted_at   TIMESTAMPTZ, -- as it came
    reasons     VARCHAR[] NOT NULL -- everything that is wrong with it
);

CREATE TABLE IF NOT EXISTS quality ( -- What Great Expectations found each night.
    night            DATE NOT NULL, -- the night that was judged
    expectation      VARCHAR NOT NULL, -- the rule
    column_name      VARCHAR, -- what it is about
    level            VARCHAR NOT NULL, -- warn, or fail: then the night stops
    is_met           BOOLEAN NOT NULL, -- whether the night keeps the rule
    observed         VARCHAR, -- what was found
    unexpected_count BIGINT -- rows that break it
);

CREATE TABLE IF NOT EXISTS reviews ( -- What moderators said of comments.
    comment_id  VARCHAR NOT NULL, -- see comments
    reviewer    VARCHAR NOT NULL, -- who said it
    labels      VARCHAR[] NOT NULL, -- categories that apply; none for a harmless comment
    reviewed_at TIMESTAMPTZ NOT NULL, -- when
    flags       VARCHAR[] NOT NULL, -- what the policy had flagged it as then
    model       VARCHAR NOT NULL, -- by the scores of this model
    policy      VARCHAR NOT NULL -- and this version of the policy
);

CREATE TABLE IF NOT EXISTS format ( -- Which release wrote this file.
    steps INTEGER NOT NULL -- how many of sql/migrations it has seen
);
