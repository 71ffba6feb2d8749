-- The tables. The comment on each line becomes the description of that table or column (COMMENT ON), which
-- `toxwatch sql` and docs/warehouse.md show. No PRIMARY KEY: its index made loading seven times slower; sql/checks
-- tests uniqueness instead.

CREATE TABLE IF NOT EXISTS accounts ( -- Watched accounts, from targets.toml.
    platform    VARCHAR NOT NULL, -- instagram, tiktok, youtube or facebook
    account     VARCHAR NOT NULL, -- the handle, unique within its platform
    tags        VARCHAR[] NOT NULL -- your own tags for grouping accounts
);

CREATE TABLE IF NOT EXISTS posts ( -- Posts, as last collected.
    post_id       VARCHAR NOT NULL, -- platform:id
    platform      VARCHAR NOT NULL, -- see accounts
    account       VARCHAR NOT NULL, -- see accounts
    url           VARCHAR NOT NULL, -- its web address
    caption       VARCHAR, -- text of the post
    posted_at     TIMESTAMPTZ, -- time it was posted
    likes         BIGINT, -- NULL if hidden
    comment_count BIGINT, -- number of comments reported by the platform, replies included
    night         DATE NOT NULL, -- last night that collected it
    coauthor_hashes VARCHAR[], -- pseudonyms of the accounts that published it too, as in author_hash; NULL if none or unknown
    media         VARCHAR[] -- web addresses of its pictures; NULL if none or unknown
);

CREATE TABLE IF NOT EXISTS comments ( -- Comments, as last collected, on the day they were posted.
    comment_id  VARCHAR NOT NULL, -- platform:id
    platform    VARCHAR NOT NULL, -- see accounts
    account     VARCHAR NOT NULL, -- account that was commented on
    post_id     VARCHAR NOT NULL, -- see posts
    parent_id   VARCHAR, -- comment it replies to; a random mark, the same for all replies to it, if that was erased; NULL if none
    author_hash VARCHAR, -- pseudonym of the author: a keyed hash, the same for all their comments on a platform
    text        VARCHAR NOT NULL, -- original text; empty if it is only a picture
    has_media   BOOLEAN NOT NULL, -- has a GIF, sticker or picture
    posted_at   TIMESTAMPTZ NOT NULL, -- time it was posted
    likes       BIGINT, -- likes when last collected
    reply_count BIGINT, -- replies when last collected; NULL if the platform doesn't report it
    language    VARCHAR, -- ISO 639-1 code, und if unknown; NULL without text
    text_key    VARCHAR, -- equal for texts that are the same to a model; NULL without text
    first_night DATE NOT NULL, -- first night that collected it
    last_night  DATE NOT NULL, -- last night that collected it
    terms       VARCHAR[], -- its words and word pairs, without stop words; NULL if not processed by Spark NLP
    listed      VARCHAR[], -- phrases of the abuse lexicon in it; NULL if not processed by Spark NLP
    gone_since  DATE, -- first night that collected its neighbours but not it, so it was taken down; NULL if still there
    author_id_hash VARCHAR, -- pseudonym of the author's id, which stays when they rename; NULL if unknown
    link        VARCHAR, -- web address of the comment; NULL if unknown
    is_verified BOOLEAN, -- its author is verified by the platform; NULL if unknown
    is_pinned   BOOLEAN, -- pinned by the account; NULL if unknown
    is_edited   BOOLEAN, -- edited by its author; NULL if unknown
    is_liked_by_owner BOOLEAN, -- liked by the account that was commented on; NULL if unknown
    is_by_owner BOOLEAN, -- written by the account that was commented on; NULL if unknown
    media       VARCHAR[], -- web addresses of its pictures; NULL if none or unknown
    mention_hashes VARCHAR[], -- pseudonyms of those it names with an @, as in author_hash; NULL if nobody
    sketch      VARCHAR, -- 48 digits, of which near copies share most; 16 of a short text, which copies share all of; NULL without letters, or if an older release cleaned it
    spam        FLOAT, -- probability, from 0 to 1, that it is an advert, a scam or a call to follow or to click; NULL without text, or if an older release cleaned it
    named       VARCHAR, -- whom it addresses with an @: account or other; NULL if nobody, or if an older release collected it
    addressed   VARCHAR -- whom it answers or names: account, commenter or nobody; see comments_scored.directed_at
);

CREATE TABLE IF NOT EXISTS captured ( -- The time span of a post's comments that a night collected, on platforms that list newest comments first.
    post_id  VARCHAR NOT NULL, -- see posts
    night    DATE NOT NULL, -- night that collected them
    first_at TIMESTAMPTZ NOT NULL, -- time of the oldest collected comment
    last_at  TIMESTAMPTZ NOT NULL -- time of the newest collected comment
);

CREATE TABLE IF NOT EXISTS scores ( -- Calibrated probabilities, one row per comment, text and model.
    comment_id    VARCHAR NOT NULL, -- see comments
    text_key      VARCHAR NOT NULL, -- scored text; an edited comment has several
    model         VARCHAR NOT NULL, -- see models
    posted_on     DATE NOT NULL, -- day of the comment, so that a load reads only its own days
    toxic         FLOAT, -- probability, from 0 to 1, that people would call it toxic; NULL if the model was not judged in its language
    severe_toxic  FLOAT, -- … very toxic
    obscene       FLOAT, -- … obscene
    threat        FLOAT, -- … a threat
    insult        FLOAT, -- … an insult
    identity_hate FLOAT, -- … hateful towards a group
    night         DATE NOT NULL, -- night that scored it
    attacked      VARCHAR, -- whom it most likely attacks if it is toxic: nobody, person, origin, religion, gender, sexuality, age, disability or other; NULL if the model doesn't tell
    meaning       TINYINT[128] -- what a flagged comment means, close to that of similar ones: compare two by array_cosine_similarity, as FLOAT[128]; NULL if not flagged, if its text has expired, and in nights that an older release scored
);

CREATE TABLE IF NOT EXISTS pictures ( -- Pictures of posts and comments, and the text that was read on them. One row per picture of a post or comment, as last collected.
    comment_id VARCHAR, -- see comments; NULL for a post's own picture
    platform   VARCHAR NOT NULL, -- see accounts
    account    VARCHAR NOT NULL, -- see accounts
    post_id    VARCHAR NOT NULL, -- see posts
    address    VARCHAR, -- its web address
    picture_id VARCHAR, -- SHA-256 of the file, the same for equal pictures; NULL if it was not fetched
    reason     VARCHAR, -- why it was not read, such as timed_out, private_address, svg or too_many_pixels; NULL if it was
    width      INTEGER, -- pixels, as it was read
    height     INTEGER, -- pixels, as it was read
    looks      VARCHAR, -- perceptual hash of 256 bits, of which copies share nearly all
    text       VARCHAR, -- text on it; empty if there is none
    language   VARCHAR, -- ISO 639-1 code of the text, und if unknown; NULL without text
    text_key   VARCHAR, -- equal for texts that are the same to a model; NULL without text
    night      DATE NOT NULL -- last night that collected it
);

CREATE TABLE IF NOT EXISTS picture_scores ( -- Probabilities of the texts on pictures, one row per text and model. Calibrated for comments, see docs/pictures.md.
    text_key      VARCHAR NOT NULL, -- see pictures
    model         VARCHAR NOT NULL, -- see models
    toxic         FLOAT NOT NULL, -- probability, from 0 to 1, that people would call it toxic
    severe_toxic  FLOAT NOT NULL, -- … very toxic
    obscene       FLOAT NOT NULL, -- … obscene
    threat        FLOAT NOT NULL, -- … a threat
    insult        FLOAT NOT NULL, -- … an insult
    identity_hate FLOAT NOT NULL, -- … hateful towards a group
    attacked      VARCHAR, -- see scores
    night         DATE NOT NULL -- night that scored it
);

CREATE TABLE IF NOT EXISTS models ( -- Models with scores in this warehouse.
    model       VARCHAR NOT NULL, -- version: its kind and a hash of its files
    text_rule   VARCHAR NOT NULL, -- version of the text-cleaning rule it was trained with
    is_champion BOOLEAN NOT NULL -- whether the views show its scores
);

CREATE TABLE IF NOT EXISTS policy_rules ( -- The rules of policies.toml: which scores are flagged.
    policy       VARCHAR NOT NULL, -- version of the policy
    tag          VARCHAR, -- only for accounts with this tag; NULL for all
    account      VARCHAR, -- only for this account, as platform/handle; NULL for all
    language     VARCHAR, -- only for this language; NULL for all
    label        VARCHAR NOT NULL, -- category
    flagged_from DOUBLE NOT NULL, -- lowest probability to flag, a multiple of 0.05
    severity     VARCHAR NOT NULL -- low, medium, high or critical
);

CREATE TABLE IF NOT EXISTS thresholds ( -- The policy rule that applies to each account, language and category.
    platform     VARCHAR NOT NULL, -- see accounts
    account      VARCHAR NOT NULL, -- see accounts
    language     VARCHAR NOT NULL, -- see comments
    label        VARCHAR NOT NULL, -- category
    policy       VARCHAR NOT NULL, -- version of the policy
    flagged_from DOUBLE NOT NULL, -- see policy_rules
    severity     VARCHAR NOT NULL -- see policy_rules
);

CREATE TABLE IF NOT EXISTS word_rules ( -- Your own words and phrases, from policies.toml. By word, category and where it applies.
    word     VARCHAR NOT NULL, -- word or phrase; a * at its beginning or end stands for the rest of a word
    tag      VARCHAR, -- only for accounts with this tag; NULL for all
    account  VARCHAR, -- only for this account, as platform/handle; NULL for all
    language VARCHAR, -- only for this language; NULL for all
    label    VARCHAR NOT NULL, -- category
    flags    BOOLEAN NOT NULL -- whether comments that contain it are flagged as this, or else never
);

CREATE TABLE IF NOT EXISTS word_flags ( -- Comments that contain own words, and what these decide. What an expired text contained stays.
    platform   VARCHAR NOT NULL, -- see accounts
    account    VARCHAR NOT NULL, -- see accounts
    day        DATE NOT NULL, -- day (UTC) the comments were posted
    comment_id VARCHAR NOT NULL, -- see comments
    flagged_as VARCHAR[] NOT NULL, -- categories that words flag, whatever the scores
    never_as   VARCHAR[] NOT NULL -- categories that words keep from being flagged; a word that flags comes first
);

CREATE TABLE IF NOT EXISTS spam_rule ( -- What policies.toml says about spam, in one row.
    spam_from  DOUBLE NOT NULL, -- lowest probability from which a comment is spam
    is_counted BOOLEAN NOT NULL -- whether shares, flags and other figures count spam
);

CREATE TABLE IF NOT EXISTS calibrations ( -- Calibrations to the comments of the random audit: a probability's odds are shifted and stretched. By section, version and category.
    kind      VARCHAR NOT NULL, -- of the section: account, tag or language
    name      VARCHAR NOT NULL, -- of the section: platform/handle, the tag, or the language's ISO 639-1 code
    version   INTEGER NOT NULL, -- 1, 2 and so on for each section; the last one applies
    label     VARCHAR NOT NULL, -- category
    model     VARCHAR NOT NULL, -- model whose probabilities it calibrates
    shift     DOUBLE NOT NULL, -- added to the logarithm of the odds
    slope     DOUBLE NOT NULL, -- by which the logarithm of the odds is multiplied first
    error     DOUBLE NOT NULL, -- standard error of shift
    reviewed  BIGINT NOT NULL, -- reviewed comments of the audit that it was made from
    share     DOUBLE NOT NULL, -- share of these comments' section by the model, before
    people    DOUBLE NOT NULL, -- share by people
    first_day DATE NOT NULL, -- first day of the comments it was made from
    last_day  DATE NOT NULL, -- last day of these
    made_at   TIMESTAMPTZ NOT NULL -- when it was made
);

CREATE TABLE IF NOT EXISTS stages ( -- What each stage did on each night.
    night     DATE NOT NULL, -- day whose comments were collected
    stage     VARCHAR NOT NULL, -- scrape, validate, clean, score or publish
    rows_in   BIGINT NOT NULL, -- rows read
    rows_out  BIGINT NOT NULL, -- rows passed on
    set_aside MAP(VARCHAR, BIGINT) NOT NULL, -- reason → number of rows not passed on
    seconds   DOUBLE NOT NULL, -- duration
    first_at  TIMESTAMPTZ -- when the night's figures were first there; of publish only, NULL if unknown
);

CREATE TABLE IF NOT EXISTS runs ( -- Paid Apify runs.
    night    DATE NOT NULL, -- night they belong to
    run_id   VARCHAR NOT NULL, -- Apify's run ID
    platform VARCHAR NOT NULL, -- see accounts
    account  VARCHAR NOT NULL, -- see accounts
    actor    VARCHAR NOT NULL, -- Apify actor
    status   VARCHAR NOT NULL, -- Apify's final status
    items    BIGINT NOT NULL, -- items returned
    cost_usd DOUBLE NOT NULL -- charged by Apify
);

CREATE TABLE IF NOT EXISTS ingest_errors ( -- Accounts and posts that could not be collected: private, deleted, blocked.
    night        DATE NOT NULL, -- night of the attempt
    platform     VARCHAR NOT NULL, -- see accounts
    account      VARCHAR NOT NULL, -- see accounts
    input_url    VARCHAR, -- requested address
    error        VARCHAR NOT NULL, -- error code from the source
    description  VARCHAR, -- error message from the source
    is_retryable BOOLEAN NOT NULL -- whether running this night again retries it
);

CREATE TABLE IF NOT EXISTS rejected ( -- Comments that validate rejected.
    night       DATE NOT NULL, -- night that rejected it
    comment_id  VARCHAR, -- NULL if the source sent none
    platform    VARCHAR, -- see accounts
    account     VARCHAR, -- see accounts
    post_id     VARCHAR, -- see posts
    author_hash VARCHAR, -- see comments
    text        VARCHAR, -- as received
    posted_at   TIMESTAMPTZ, -- as received
    reasons     VARCHAR[] NOT NULL -- every reason for rejecting it
);

CREATE TABLE IF NOT EXISTS quality ( -- Results of the Great Expectations checks, by night.
    night            DATE NOT NULL, -- night that was checked
    expectation      VARCHAR NOT NULL, -- check
    column_name      VARCHAR, -- column it checks
    level            VARCHAR NOT NULL, -- warn, or fail to stop the night
    is_met           BOOLEAN NOT NULL, -- whether it passed
    observed         VARCHAR, -- observed value
    unexpected_count BIGINT -- rows that fail it
);

CREATE TABLE IF NOT EXISTS reviews ( -- Moderators' decisions on comments.
    comment_id  VARCHAR NOT NULL, -- see comments
    reviewer    VARCHAR NOT NULL, -- who decided
    labels      VARCHAR[] NOT NULL, -- categories that apply; empty for a harmless comment
    reviewed_at TIMESTAMPTZ NOT NULL, -- time of the decision
    flags       VARCHAR[] NOT NULL, -- categories flagged at that time
    model       VARCHAR NOT NULL, -- model whose scores were flagged
    policy      VARCHAR NOT NULL -- version of the policy that flagged
);

CREATE TABLE IF NOT EXISTS drawn ( -- Comments drawn at random for the audit, from each night's new ones.
    comment_id VARCHAR NOT NULL, -- see comments
    night      DATE NOT NULL, -- first night that collected it
    chance     DOUBLE NOT NULL, -- its chance to be drawn, from 0 to 1; larger where the model is less sure
    place      DOUBLE NOT NULL -- where it stands in the random order of review, from 0 to 1
);

CREATE TABLE IF NOT EXISTS format ( -- The format of this file.
    steps INTEGER NOT NULL -- number of sql/migrations applied
);
