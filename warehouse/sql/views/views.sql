-- The views to start with. All show the scores of the model in use (the champion). Flags follow policy_rules, so a new
-- policy applies to all past comments at once. Shares are estimated: mean of calibrated probabilities, with 95% interval.

CREATE OR REPLACE VIEW champion AS SELECT model, text_rule FROM models WHERE is_champion;
COMMENT ON VIEW champion IS 'The model whose scores the views show.';

-- The calibrations that apply: the last version of each. An account's own comes before those of its tags, and a language's
-- applies to accounts that have none.
CREATE OR REPLACE VIEW calibrations_in_use AS
SELECT * FROM calibrations QUALIFY version = max(version) OVER (PARTITION BY kind, name);
COMMENT ON VIEW calibrations_in_use IS 'Calibrations that apply to comments scored by their model: the last version of each account, tag or language.';

CREATE OR REPLACE VIEW account_calibrations AS
WITH own AS (
    SELECT split_part(name, '/', 1) AS platform, split_part(name, '/', 2) AS account, * FROM calibrations_in_use WHERE kind = 'account'
    UNION ALL BY NAME
    SELECT a.platform, a.account, k.* FROM calibrations_in_use k JOIN accounts a ON k.kind = 'tag' AND list_contains(a.tags, k.name)
)
FROM (FROM own QUALIFY row_number() OVER (PARTITION BY platform, account, model, label ORDER BY kind, name) = 1)
PIVOT (any_value({shift: shift, slope: slope, error: error}) FOR label IN ('toxic', 'severe_toxic', 'obscene', 'threat', 'insult', 'identity_hate') GROUP BY platform, account, model);
COMMENT ON VIEW account_calibrations IS 'The calibration of each account and category, its own or that of a tag.';

CREATE OR REPLACE VIEW language_calibrations AS
FROM (SELECT * RENAME (name AS language) FROM calibrations_in_use WHERE kind = 'language')
PIVOT (any_value({shift: shift, slope: slope, error: error}) FOR label IN ('toxic', 'severe_toxic', 'obscene', 'threat', 'insult', 'identity_hate') GROUP BY language, model);
COMMENT ON VIEW language_calibrations IS 'The calibration of each language and category.';

CREATE OR REPLACE VIEW account_words AS
SELECT platform, account, r.word, r.language, r.label, r.flags
FROM (SELECT DISTINCT platform, account FROM post_days) LEFT JOIN accounts USING (platform, account)
JOIN word_rules r ON is_of(platform, account, r.account) AND (r.tag IS NULL OR list_contains(tags, r.tag));
COMMENT ON VIEW account_words IS 'Your own words and phrases that apply to each account.';

CREATE OR REPLACE VIEW comments_scored AS
WITH rules AS (
    PIVOT thresholds ON label IN ('toxic', 'severe_toxic', 'obscene', 'threat', 'insult', 'identity_hate')
    USING any_value(flagged_from) AS from_, any_value(severity_rank(severity)) AS rank
    GROUP BY platform, account, language, policy
),
read AS (
    SELECT c.*, s.model, s.attacked AS who,
        calibrated(s.toxic, a.toxic, l.toxic) AS toxic,
        least(calibrated(s.severe_toxic, a.severe_toxic, l.severe_toxic), calibrated(s.toxic, a.toxic, l.toxic)) AS severe_toxic,
        calibrated(s.obscene, a.obscene, l.obscene) AS obscene,
        calibrated(s.threat, a.threat, l.threat) AS threat,
        calibrated(s.insult, a.insult, l.insult) AS insult,
        calibrated(s.identity_hate, a.identity_hate, l.identity_hate) AS identity_hate
    FROM comments c
    LEFT JOIN (scores s JOIN champion USING (model))
        ON s.comment_id = c.comment_id AND s.text_key = c.text_key AND s.posted_on = c.posted_at::DATE -- so few days are read
    LEFT JOIN account_calibrations a ON a.platform = c.platform AND a.account = c.account AND a.model = s.model
    LEFT JOIN language_calibrations l ON l.language = c.language AND l.model = s.model
),
decided AS (
    SELECT s.*, r.* EXCLUDE (platform, account, language),
        is_flagged('toxic', s.toxic, r.toxic_from_, w.flagged_as, w.never_as) AS is_toxic,
        is_flagged('severe_toxic', s.severe_toxic, r.severe_toxic_from_, w.flagged_as, w.never_as) AS is_severe_toxic,
        is_flagged('obscene', s.obscene, r.obscene_from_, w.flagged_as, w.never_as) AS is_obscene,
        is_flagged('threat', s.threat, r.threat_from_, w.flagged_as, w.never_as) AS is_threat,
        is_flagged('insult', s.insult, r.insult_from_, w.flagged_as, w.never_as) AS is_insult,
        is_flagged('identity_hate', s.identity_hate, r.identity_hate_from_, w.flagged_as, w.never_as) AS is_identity_hate
    FROM read s
    LEFT JOIN rules r ON r.platform = s.platform AND r.account = s.account AND r.language = s.language
    LEFT JOIN word_flags w ON w.comment_id = s.comment_id AND w.day = s.posted_at::DATE
)
SELECT s.comment_id, s.platform, s.account, a.tags, s.post_id, s.parent_id, s.author_hash, s.text, s.has_media, s.posted_at,
    s.posted_at::DATE AS day, s.language, s.likes, s.reply_count,
    s.toxic, s.severe_toxic, s.obscene, s.threat, s.insult, s.identity_hate,
    list_filter([if(s.is_toxic, 'toxic', NULL), if(s.is_severe_toxic, 'severe_toxic', NULL), if(s.is_obscene, 'obscene', NULL),
        if(s.is_threat, 'threat', NULL), if(s.is_insult, 'insult', NULL), if(s.is_identity_hate, 'identity_hate', NULL)
    ], lambda flag: flag IS NOT NULL) AS flags,
    (['none'] || severities())[1 + greatest(if(s.is_toxic, s.toxic_rank, 0), if(s.is_severe_toxic, s.severe_toxic_rank, 0), if(s.is_obscene, s.obscene_rank, 0),
        if(s.is_threat, s.threat_rank, 0), if(s.is_insult, s.insult_rank, 0), if(s.is_identity_hate, s.identity_hate_rank, 0))] AS severity,
    review.labels AS reviewed_as, s.model, m.text_rule, s.policy, s.first_night, s.last_night,
    s.terms, s.listed, s.gone_since, CASE WHEN s.is_toxic THEN s.who END AS attacked,
    s.author_id_hash, s.link, s.is_verified, s.is_pinned, s.is_edited, s.is_liked_by_owner, s.is_by_owner, s.media,
    s.mention_hashes, s.spam, is_spam(s.spam) AS is_spam, directed_at(s.addressed, is_below_post(s.parent_id, s.named), attacked) AS directed_at
FROM decided s
LEFT JOIN accounts a USING (platform, account)
LEFT JOIN champion m USING (model)
LEFT JOIN (SELECT comment_id, max_by(labels, reviewed_at) AS labels FROM reviews GROUP BY comment_id) review
    ON review.comment_id = s.comment_id;
COMMENT ON VIEW comments_scored IS 'One row per comment, with the calibrated scores of the model in use, flags and severity by the policy, and the latest review. Scores are NULL without text, and in a language that the model was not judged in.';

CREATE OR REPLACE VIEW pictures_scored AS
WITH judged AS (
    UNPIVOT (SELECT * EXCLUDE (night, attacked) FROM picture_scores JOIN (SELECT model FROM champion) USING (model))
    ON toxic, severe_toxic, obscene, threat, insult, identity_hate INTO NAME label VALUE probability
),
flagged AS (
    SELECT platform, account, language, text_key, list(label) AS flags, max(severity_rank(severity)) AS rank
    FROM (SELECT DISTINCT platform, account, language, text_key FROM pictures)
    JOIN judged USING (text_key) JOIN thresholds t USING (platform, account, language, label)
    WHERE probability >= t.flagged_from GROUP BY ALL
)
SELECT p.picture_id, p.platform, p.account, p.post_id, p.comment_id, p.address, p.reason, p.width, p.height, p.looks, p.text,
    p.language, p.text_key, s.toxic, s.severe_toxic, s.obscene, s.threat, s.insult, s.identity_hate,
    coalesce(f.flags, []) AS flags, (['none'] || severities())[1 + coalesce(f.rank, 0)] AS severity, s.model, p.night
FROM pictures p
LEFT JOIN (picture_scores s JOIN champion USING (model)) ON s.text_key = p.text_key
LEFT JOIN flagged f ON f.platform = p.platform AND f.account = p.account AND f.language = p.language AND f.text_key = p.text_key;
COMMENT ON VIEW pictures_scored IS 'One row per picture of a post or comment, with the scores of the text on it by the model in use, flags and severity by the policy. They count in no share of comments.';

-- `among` are the ids of comments that a question of its own has found: asked here, it would cost every other question.
CREATE OR REPLACE MACRO is_asked(
    comment_id, posted_at, platform, account, language, author_hash, text, terms, first_day, last_day, of_account, of_places, in_language,
    with_words, among := NULL
) AS posted_at >= first_day::DATE AND posted_at < last_day::DATE + 1
    AND is_of(platform, account, of_account) AND is_among(platform, account, of_places)
    AND (in_language IS NULL OR language = in_language)
    AND (with_words IS NULL OR contains(lower(text), lower(with_words)) OR coalesce(list_contains(terms, lower(with_words)), false)
        OR (regexp_full_match(with_words, '@[0-9a-f]{8,32}') AND coalesce(starts_with(author_hash, with_words[2:]), false)))
    AND (among IS NULL OR list_contains(among, comment_id));

CREATE OR REPLACE MACRO comments_like(
    first_day, last_day, of_account, of_places, in_language, of_severity, flagged_as, who_is_attacked, with_review, with_words, among := NULL,
    of_label := NULL, lowest := NULL, highest := NULL, -- steps of its score
    directed := NULL
) AS TABLE
SELECT * FROM comments_scored
WHERE is_asked(comment_id, posted_at, platform, account, language, author_hash, text, terms, first_day, last_day, of_account, of_places,
        in_language, with_words, among := among)
    AND (of_severity IS NULL OR severity = of_severity)
    AND (flagged_as IS NULL OR list_contains(flags, flagged_as))
    AND (who_is_attacked IS NULL OR attacked = who_is_attacked)
    AND (directed IS NULL OR directed_at = directed)
    AND (lowest IS NULL OR bin_of(score_of(comments_scored, of_label)::FLOAT) BETWEEN lowest AND highest)
    AND (with_review IS NULL OR with_review = CASE len(reviewed_as) WHEN 0 THEN 'harmless' ELSE if(reviewed_as IS NULL, 'none', 'harmful') END);

CREATE OR REPLACE VIEW flags AS
WITH counted AS (
    SELECT b.platform, b.account, b.day, b.label, b.comments AS flagged, 0 AS without_score
    FROM score_bins b JOIN champion USING (model) JOIN thresholds t USING (platform, account, language, label)
    WHERE b.bin >= first_bin(t.flagged_from)
    UNION ALL
    SELECT w.platform, w.account, w.day, w.label, if(w.bin >= first_bin(t.flagged_from), -w.never, w.flagged),
        if(w.bin IS NULL, w.flagged, 0)
    FROM word_bins w JOIN champion USING (model) JOIN thresholds t USING (platform, account, language, label)
)
SELECT platform, account, day, label, sum(flagged)::BIGINT AS flagged, sum(without_score)::BIGINT AS without_score
FROM counted GROUP BY ALL HAVING sum(flagged) > 0;
COMMENT ON VIEW flags IS 'Number of comments that the policy flags, by scores or own words, by account, day they were posted and category.';

CREATE OR REPLACE VIEW daily AS
SELECT d.platform, d.account, d.day, d.label, d.comments, d.expected, d.expected / d.comments AS share,
    margin_of_share(share, d.comments, d.off_by) AS margin, coalesce(f.flagged - f.without_score, 0) AS flagged, d.comments < few_comments() AS is_small
FROM days d JOIN champion USING (model) LEFT JOIN flags f USING (platform, account, day, label);
COMMENT ON VIEW daily IS 'Toxicity by account, day and category, of the comments with a score: estimated share ± margin (95% interval) and flagged comments. is_small marks fewer than 30 comments.';

CREATE OR REPLACE VIEW daily_without_spam AS
WITH of_spam AS (
    SELECT platform, account, day, model, label, sum(comments) AS comments, sum(expected) AS expected, sum(off_by) AS off_by
    FROM spam_bins WHERE spam_is_counted() GROUP BY ALL
),
others AS (
    SELECT d.platform, d.account, d.day, d.label, (d.comments - coalesce(s.comments, 0))::BIGINT AS comments,
        d.expected - coalesce(s.expected, 0) AS expected, coalesce(d.off_by, 0) - coalesce(s.off_by, 0) AS off_by
    FROM days d JOIN champion USING (model) LEFT JOIN of_spam s USING (platform, account, day, model, label)
)
SELECT platform, account, day, label, comments, expected, expected / comments AS share, margin_of_share(share, comments, off_by) AS margin
FROM others WHERE comments > 0;
COMMENT ON VIEW daily_without_spam IS 'Toxicity by account, day and category of the comments with a score that are no spam: estimated share ± margin (95% interval).';

-- Periods of `length` days, one of which starts on `anchor`, each beside the one before it, by account and category. noise is
-- the variance of `expected`, as far as the 28 days before the period say how much comments resemble each other.
CREATE OR REPLACE MACRO compared_periods(anchor, length, first_day, last_day) AS TABLE
WITH cells AS (
    SELECT platform, account, label, post_id, day, floor((day - anchor) / length)::INTEGER AS period, comments, expected, off_by
    FROM post_scores JOIN champion USING (model) WHERE day BETWEEN first_day AND last_day
),
by_post AS (SELECT platform, account, label, period, post_id, sum(comments) AS comments FROM cells GROUP BY ALL),
by_day AS (
    SELECT platform, account, label, period, day, sum(comments) AS comments, sum(expected) AS expected, sum(off_by) AS off_by FROM cells GROUP BY ALL
),
of_posts AS (SELECT platform, account, label, period, sum(comments ** 2) AS posts_squared FROM by_post GROUP BY ALL),
of_days AS (
    SELECT platform, account, label, period, min(day) AS day, sum(comments)::BIGINT AS comments, sum(expected) AS expected,
        sum(off_by) AS off_by, sum(comments ** 2) AS days_squared
    FROM by_day GROUP BY ALL
),
periods AS (
    SELECT platform, account, label, period, comments, expected, off_by, days_squared, posts_squared, l.of_days, l.of_posts, l.days
    FROM of_days JOIN of_posts USING (platform, account, label, period)
    LEFT JOIN (likeness l JOIN champion USING (model)) USING (platform, account, label, day)
),
beside AS (
    SELECT coalesce(n.platform, b.platform) AS platform, coalesce(n.account, b.account) AS account,
        coalesce(n.label, b.label) AS label, coalesce(n.period, b.period + 1) AS period, n.comments, n.expected, n.off_by, b.comments AS comments_before,
        b.expected AS expected_before, coalesce(n.days, b.days) AS days_known,
        noise_of(n.expected, n.comments, n.days_squared, n.posts_squared, n.of_days, n.of_posts) AS noise,
        noise_of(b.expected, b.comments, b.days_squared, b.posts_squared, coalesce(n.of_days, b.of_days), coalesce(n.of_posts, b.of_posts)) AS noise_before
    FROM periods n FULL JOIN periods b
        ON b.platform = n.platform AND b.account = n.account AND b.label = n.label AND b.period = n.period - 1
)
SELECT *, anchor + period * length AS starts FROM beside;

-- The changes of each account and category from the period before. Those of one period are looked at together.
CREATE OR REPLACE MACRO changes(anchor, length, first_day, last_day) AS TABLE
WITH shares AS (
    SELECT platform, account, label, period, starts::DATE AS starts, comments, comments_before, expected / comments AS share,
        margin_of_share(share, comments, off_by) AS margin, share - expected_before / comments_before AS change,
        noise / comments ** 2 + noise_before / comments_before ** 2 AS variance, days_known - 1 AS freedom
    FROM compared_periods(anchor, length, first_day, last_day) WHERE comments > 0
),
tested AS (
    SELECT *, CASE WHEN least(comments, comments_before) >= few_comments() THEN chance_of_change(change, variance, freedom) END AS chance
    FROM shares
),
limits AS (SELECT period, significant_up_to(list(chance)) AS chance_limit FROM tested GROUP BY period)
SELECT * EXCLUDE (chance_limit), margin_of_change(variance, freedom) AS change_margin, coalesce(chance <= chance_limit, false) AS is_significant
FROM tested JOIN limits USING (period);

-- Change points by cumulative sums (CUSUM): a wave starts where a sum that exceeds the limit began to rise. How far an account's
-- days differ anyway is taken from the median of their squared deviations, which a wave on fewer than half of them does not
-- raise: 0.4549 is what that median is by chance.
CREATE OR REPLACE VIEW waves AS
WITH usual AS (
    SELECT platform, account, median(expected / comments) AS usual, coalesce(median(of_posts), 0) AS of_posts
    FROM days LEFT JOIN likeness USING (platform, account, day, model, label) JOIN champion USING (model)
    WHERE label = 'toxic' AND comments >= few_comments() GROUP BY ALL HAVING count(*) >= least_days()
),
by_post AS (
    SELECT platform, account, day, sum(comments ** 2) AS squared FROM post_scores JOIN champion USING (model) WHERE label = 'toxic' GROUP BY ALL
),
deviations AS (
    SELECT platform, account, day, d.comments, d.share, usual, d.flagged, usual * (1 - usual) AS of_one,
        1 / d.comments + of_posts * coalesce(squared, 0) / d.comments ** 2 AS by_chance
    FROM daily d JOIN usual USING (platform, account) LEFT JOIN by_post USING (platform, account, day)
    WHERE label = 'toxic' AND NOT is_small
),
differ AS (
    SELECT platform, account, coalesce(greatest(median((share - usual) ** 2 / nullif(of_one, 0) / 0.4549 - by_chance), 0), 0) AS of_days
    FROM deviations GROUP BY ALL
),
summed AS ( -- of the days' deviations from usual, in standard errors; less than one does not add up
    SELECT *, least((share - usual) / greatest(sqrt(of_one * (by_chance + of_days)), least_wave()) - 1, wave_from() + 1) AS step,
        sum(step) OVER (PARTITION BY platform, account ORDER BY day) AS total
    FROM deviations JOIN differ USING (platform, account)
),
risen AS (
    SELECT *, least(min(total) OVER (PARTITION BY platform, account ORDER BY day), 0) AS lowest, total - lowest AS height
    FROM summed
),
peaks AS (
    SELECT *, max(height) OVER rise AS highest, arg_max(day, height) OVER rise AS peak
    FROM risen WINDOW rise AS (PARTITION BY platform, account, lowest)
)
SELECT platform, account, day, comments, share, usual, flagged FROM peaks
WHERE highest > wave_from() AND day <= peak AND step > 0;
COMMENT ON VIEW waves IS 'Waves of abuse: the days from when an account became significantly more toxic than its median day to the peak.';

-- Texts that comments of a period share, by account. `came` is the least share of their authors who came for it, at 95 %.
CREATE OR REPLACE MACRO crowds(first_day, last_day, of_account, of_places) AS TABLE
WITH summed AS (
    SELECT copy, bool_or(is_short) AS is_short, sum(comments)::BIGINT AS comments, min(first_at) AS first_at, max(last_at) AS last_at,
        sum(authors)::BIGINT AS authors, sum(new_authors)::BIGINT AS new_authors, sum(usual_new) AS usual_new,
        list_sort(list(DISTINCT platform || '/' || account)) AS accounts, came_for_it(sum(authors), sum(new_authors), sum(usual_new)) AS came
    FROM copies WHERE day BETWEEN first_day AND last_day AND is_of(platform, account, of_account) AND is_among(platform, account, of_places)
    GROUP BY copy HAVING sum(comments) >= least_copies()
)
SELECT *, is_campaign(is_short, came, authors) AS is_campaign FROM summed;

CREATE OR REPLACE VIEW by_copy AS
SELECT copy, date_trunc('week', day)::DATE AS week, bool_or(is_short) AS is_short, sum(comments)::BIGINT AS comments,
    count(DISTINCT (platform, account)) AS accounts, min(first_at) AS first_at, max(last_at) AS last_at,
    sum(authors)::BIGINT AS authors, sum(new_authors)::BIGINT AS new_authors, sum(usual_new) AS usual_new,
    came_for_it(sum(authors), sum(new_authors), sum(usual_new)) AS came
FROM copies GROUP BY ALL;
COMMENT ON VIEW by_copy IS 'Texts that comments of a week share, on all accounts, and how many of their authors came for it.';

CREATE OR REPLACE VIEW by_tag AS
SELECT tag, day, label, sum(comments)::BIGINT AS comments, sum(expected) / sum(comments) AS share,
    margin_of_all(margin, comments) AS margin, sum(flagged)::BIGINT AS flagged
FROM daily JOIN (SELECT platform, account, unnest(tags) AS tag FROM accounts) USING (platform, account)
GROUP BY ALL;
COMMENT ON VIEW by_tag IS 'Toxicity by tag, day and category.';

CREATE OR REPLACE VIEW by_language AS
SELECT b.platform, b.account, b.language, b.label, sum(b.comments)::BIGINT AS comments,
    sum(b.expected) / sum(b.comments) AS share, margin_of_share(share, sum(b.comments), sum(b.off_by)) AS margin
FROM score_bins b JOIN champion USING (model) GROUP BY ALL;
COMMENT ON VIEW by_language IS 'Toxicity by account, language and category.';

CREATE OR REPLACE VIEW languages_judged AS
SELECT platform, account, day, language, sum(comments)::BIGINT AS comments, bool_or(is_judged) AS is_judged
FROM (
    SELECT platform, account, day, language, model, comments, true AS is_judged FROM score_bins WHERE label = 'toxic'
    UNION ALL SELECT platform, account, day, language, model, comments, false FROM unjudged
) JOIN champion USING (model) GROUP BY ALL;
COMMENT ON VIEW languages_judged IS 'Comments by account, day and language, and whether the model was judged in it. Shares, flags and trends speak of the judged ones.';

CREATE OR REPLACE VIEW by_attacked AS
SELECT a.platform, a.account, a.day, a.attacked, a.comments, a.expected
FROM attacks a JOIN champion USING (model);
COMMENT ON VIEW by_attacked IS 'Toxicity by account, day and whom it attacks.';

CREATE OR REPLACE VIEW by_addressee AS
SELECT a.platform, a.account, a.day, a.directed_at, a.comments, a.expected, a.off_by
FROM addressees a JOIN champion USING (model);
COMMENT ON VIEW by_addressee IS 'Toxicity by account, day and whom comments address.';

CREATE OR REPLACE VIEW by_author AS
SELECT d.platform, d.author_hash, sum(d.comments)::BIGINT AS comments, sum(d.expected) AS expected_toxic,
    max(d.worst) AS worst, count(DISTINCT d.account) AS accounts, min(d.day) AS first_day, max(d.day) AS last_day
FROM author_days d JOIN champion USING (model) GROUP BY ALL;
COMMENT ON VIEW by_author IS 'Authors by pseudonym: how many comments they write and how many of those are toxic (estimated).';

CREATE OR REPLACE VIEW by_term AS
SELECT t.platform, t.account, t.day, t.term, t.is_listed, t.comments, t.expected, t.expected - t.comments * d.expected / d.comments AS excess
FROM terms t JOIN champion USING (model) JOIN days d USING (platform, account, day, model) WHERE d.label = 'toxic';
COMMENT ON VIEW by_term IS 'Words and phrases by account and day, and how strongly each goes with toxicity.';

CREATE OR REPLACE VIEW post_coverage AS
WITH counted AS (
    SELECT post_id, sum(comments)::BIGINT AS comments, sum(gone)::BIGINT AS gone FROM post_days GROUP BY post_id
)
SELECT p.post_id, p.platform, p.account, p.url, p.caption, p.posted_at, p.likes, p.comment_count, p.night,
    coalesce(s.comments, 0) AS captured, least(1, captured / nullif(p.comment_count, 0)) AS coverage,
    coalesce(s.gone, 0) AS gone, p.coauthor_hashes
FROM posts p LEFT JOIN counted s USING (post_id);
COMMENT ON VIEW post_coverage IS 'Posts with their coverage: captured ÷ comment_count (both include replies).';

CREATE OR REPLACE VIEW by_post AS
WITH scored AS (
    SELECT post_id, sum(comments)::BIGINT AS comments, sum(expected) / sum(comments) AS share
    FROM post_scores JOIN champion USING (model) WHERE label = 'toxic' GROUP BY post_id
)
SELECT p.* EXCLUDE (night), s.share AS toxic_share, coalesce(s.comments, 0) AS scored
FROM post_coverage p LEFT JOIN scored s USING (post_id);
COMMENT ON VIEW by_post IS 'Posts with their coverage and toxicity.';

CREATE OR REPLACE VIEW coverage AS
SELECT platform, account, count(*) AS posts, sum(comment_count)::BIGINT AS reported, sum(least(p.captured, comment_count))::BIGINT AS captured,
    coverage_of(p.captured, comment_count) AS coverage
FROM post_coverage p WHERE comment_count IS NOT NULL GROUP BY ALL;
COMMENT ON VIEW coverage IS 'Coverage of each account: captured comments ÷ comments the platform reports.';

CREATE OR REPLACE VIEW weekly AS
SELECT platform, account, starts AS week, label, comments, share, margin, change, change_margin, is_significant
FROM changes(DATE '2000-01-03', 7, DATE '2000-01-03', DATE '9999-12-31'); -- that is a Monday
COMMENT ON VIEW weekly IS 'Toxicity by account, week and category, with the change from the week before.';

CREATE OR REPLACE VIEW flag_precision AS
SELECT date_trunc('week', reviewed_at)::DATE AS week, label, model, policy, count(*) AS flagged,
    count(*) FILTER (list_contains(labels, label)) AS agreed, agreed / flagged AS precision,
    margin_of_count(agreed, flagged) AS margin
FROM (SELECT *, unnest(flags) AS label FROM reviews) GROUP BY ALL;
COMMENT ON VIEW flag_precision IS 'Share of flags that reviewers confirmed, by week of review, category, model and policy.';

-- The comments of the audit that people have judged, by category: y is what they say, p what the model says. Of the comments that a
-- night drew from an account in a language, those count that come before the first one, in their random order, that nobody has
-- reviewed, however the others were found: each stands for 1 ÷ chance, and for the rest of the drawn. A comment that was edited
-- since people read it is not the one that they judged.
CREATE OR REPLACE MACRO audit_judged(first_day, last_day) AS TABLE
WITH people AS (
    SELECT comment_id, count(*) AS reviewers, flatten(list(labels)) AS labels, min(reviewed_at)::DATE AS reviewed_on
    FROM reviews GROUP BY comment_id
),
edited AS (
    SELECT comment_id, max(night) AS edited_on FROM scores JOIN champion USING (model) SEMI JOIN drawn USING (comment_id)
    GROUP BY comment_id HAVING count(*) > 1
),
asked AS (
    SELECT d.comment_id, c.platform, c.account, c.language, d.night, d.chance, p.labels, c.flags, p.reviewers,
        coalesce(d.place < min(d.place) FILTER (p.reviewers IS NULL) OVER of_night, true) AS is_in,
        {toxic: c.toxic, severe_toxic: c.severe_toxic, obscene: c.obscene, threat: c.threat, insult: c.insult,
            identity_hate: c.identity_hate} AS scores
    FROM drawn d JOIN comments_scored c USING (comment_id) LEFT JOIN people p USING (comment_id) LEFT JOIN edited e USING (comment_id)
    WHERE c.posted_at >= first_day::DATE AND c.posted_at < last_day::DATE + 1 AND c.toxic IS NOT NULL
        AND (p.reviewers IS NOT NULL OR (c.gone_since IS NULL AND c.text <> expired()))
        AND NOT coalesce(e.edited_on >= p.reviewed_on, false)
    WINDOW of_night AS (PARTITION BY c.platform, c.account, c.language, d.night)
),
sampled AS (
    SELECT *, count(*) OVER of_night / count(*) FILTER (is_in) OVER of_night / chance AS weight
    FROM asked WINDOW of_night AS (PARTITION BY platform, account, language, night) QUALIFY is_in
)
SELECT comment_id, platform, account, language, label, weight, list_count(list_filter(labels, lambda one: one = label)) / reviewers AS y,
    score_of(scores, label) AS p, list_contains(flags, label)::INTEGER AS flagged
FROM sampled, (SELECT DISTINCT label FROM policy_rules);

-- The audit by account, language and category: what people found in comments drawn at random, in all of them, in those that are
-- flagged, and what of the harmful ones is flagged.
CREATE OR REPLACE MACRO audited(first_day, last_day) AS TABLE
WITH found AS (
    SELECT platform, account, language, label, sums_of_audit(weight, y, p) AS sums,
        sums_of_audit(CASE flagged WHEN 1 THEN weight END, y, 0.5) AS of_flagged, sums_of_audit(nullif(weight * y, 0), flagged, 0.5) AS of_harmful
    FROM audit_judged(first_day, last_day) GROUP BY ALL
)
SELECT platform, account, language, label, sum(b.comments)::BIGINT AS comments, sum(b.expected) AS expected,
    any_value(f.sums) AS sums, any_value(f.of_flagged) AS of_flagged, any_value(f.of_harmful) AS of_harmful
FROM score_bins b JOIN champion USING (model) SEMI JOIN found USING (platform, account)
LEFT JOIN found f USING (platform, account, language, label)
WHERE b.day BETWEEN first_day AND last_day GROUP BY ALL;

CREATE OR REPLACE VIEW nights AS
SELECT night, max(rows_in) FILTER (stage = 'validate') AS comments_read, max(rows_out) FILTER (stage = 'validate') AS comments_kept,
    max(rows_out) FILTER (stage = 'score') AS comments_scored, sum(seconds) AS seconds,
    max(first_at) AS ready_at, any_value(r.cost_usd) AS cost_usd, any_value(e.errors) AS ingest_errors, any_value(q.warnings) AS quality_warnings
FROM stages
LEFT JOIN (SELECT night, sum(cost_usd) AS cost_usd FROM runs GROUP BY night) r USING (night)
LEFT JOIN (SELECT night, count(*) AS errors FROM ingest_errors GROUP BY night) e USING (night)
LEFT JOIN (SELECT night, count(*) AS warnings FROM quality WHERE NOT is_met GROUP BY night) q USING (night)
GROUP BY night;
COMMENT ON VIEW nights IS 'Each nightly run: comments it read, accepted and scored, whatever day they were posted; seconds of its stages, cost, errors.';

CREATE OR REPLACE VIEW costs AS
WITH paid AS (SELECT night, platform, account, sum(cost_usd) AS cost_usd FROM runs GROUP BY ALL),
came AS (SELECT night, platform, account, sum(comments)::BIGINT AS new_comments FROM collected GROUP BY ALL),
worked AS (SELECT night, sum(seconds) AS seconds FROM stages GROUP BY night)
SELECT night, platform, account, coalesce(cost_usd, 0) AS cost_usd, coalesce(new_comments, 0) AS new_comments,
    seconds * coalesce(new_comments, 0) / nullif(sum(new_comments) OVER (PARTITION BY night), 0) AS compute_seconds
FROM paid FULL JOIN came USING (night, platform, account) LEFT JOIN worked USING (night);
COMMENT ON VIEW costs IS 'What each account''s comments cost, by night: what Apify charged, new comments, and the share of the night''s compute time that they take.';

-- What `monitor` records for a night, by account: that day's comments, estimated shares with margins, flagged comments,
-- drift, cost, errors, rejected rows, and coverage of the posts last collected that night.
CREATE OR REPLACE MACRO figures_of(of_night) AS TABLE
WITH shown AS (FROM daily WHERE day = of_night)
SELECT of_night AS night, platform, account, 'comments' AS figure, NULL AS label, any_value(comments)::DOUBLE AS value FROM shown GROUP BY ALL
UNION ALL SELECT of_night, platform, account, 'share', label, share FROM shown
UNION ALL SELECT of_night, platform, account, 'margin', label, margin FROM shown
UNION ALL SELECT of_night, platform, account, 'flagged', label, flagged FROM shown
UNION ALL SELECT of_night, platform, account, 'psi', label, psi FROM drift JOIN champion USING (model) WHERE day = of_night
UNION ALL SELECT of_night, platform, account, 'cost_usd', NULL, sum(cost_usd) FROM runs WHERE night = of_night GROUP BY ALL
UNION ALL SELECT of_night, platform, account, 'ingest_errors', NULL, count(*) FROM ingest_errors WHERE night = of_night GROUP BY ALL
UNION ALL SELECT of_night, platform, account, 'rejected', NULL, count(*) FROM rejected WHERE night = of_night GROUP BY ALL
UNION ALL SELECT of_night, platform, account, 'coverage', NULL, coverage_of(captured, comment_count)
    FROM post_coverage WHERE night = of_night AND comment_count IS NOT NULL GROUP BY ALL;

-- Columns that only views have. A column name means the same in every table and view.
COMMENT ON COLUMN comments_scored.is_spam IS 'whether it is spam by policies.toml; false without a probability';
COMMENT ON COLUMN comments_scored.flags IS 'categories that the policy flags, e.g. [toxic, insult]';
COMMENT ON COLUMN costs.new_comments IS 'comments that no earlier night had collected';
COMMENT ON COLUMN costs.compute_seconds IS 'seconds of the night''s stages, shared out by new comments; NULL on a night without any';
COMMENT ON COLUMN comments_scored.severity IS 'highest severity among the flags, or none';
COMMENT ON COLUMN comments_scored.reviewed_as IS 'categories chosen by the last reviewer, empty if harmless; NULL if not reviewed';
COMMENT ON COLUMN comments_scored.model IS 'model that gave the scores';
COMMENT ON COLUMN languages_judged.comments IS 'comments with text, with or without a score';
COMMENT ON COLUMN by_term.comments IS 'comments with a score that contain it';
COMMENT ON COLUMN daily.comments IS 'comments with a score';
COMMENT ON COLUMN daily.share IS 'estimated share of comments in the category: expected ÷ comments';
COMMENT ON COLUMN daily.margin IS 'half-width of the 95% interval of share';
COMMENT ON COLUMN flags.flagged IS 'number of comments that the policy flags';
COMMENT ON COLUMN flags.without_score IS 'how many of them have no score: only your own words flag them';
COMMENT ON COLUMN account_words.word IS 'word or phrase; a * at its beginning or end stands for the rest of a word';
COMMENT ON COLUMN daily.is_small IS 'fewer than 30 comments, so the share is unreliable';
COMMENT ON COLUMN waves.usual IS 'median share over the account''s days';
COMMENT ON COLUMN weekly.change IS 'share − share of the week before';
COMMENT ON COLUMN weekly.change_margin IS 'half-width of the 95% interval of change, with the differences that days and posts have anyway; NULL with fewer than 5 earlier days';
COMMENT ON COLUMN weekly.is_significant IS 'whether the change is more than chance: of the changes of all accounts and categories in the week that are, at most 5% are false';
COMMENT ON COLUMN comments_scored.attacked IS 'whom it most likely attacks: nobody, person, origin, religion, gender, sexuality, age, disability or other; NULL unless it is flagged as toxic';
COMMENT ON COLUMN comments_scored.directed_at IS 'whom it addresses: account (it answers the post or the account, or names it), commenter (it answers or names a person, at times its own author), group (it is flagged as toxic, attacks a group and neither answers nor names anyone) or nobody (what it answers was erased or never collected, or it is the account''s own)';
COMMENT ON COLUMN languages_judged.is_judged IS 'whether the model in use was judged in the language';
COMMENT ON COLUMN by_tag.tag IS 'tag of the accounts';
COMMENT ON COLUMN by_author.expected_toxic IS 'estimated number of their toxic comments';
COMMENT ON COLUMN by_copy.week IS 'Monday of the week';
COMMENT ON COLUMN by_copy.accounts IS 'number of accounts that it was written to';
COMMENT ON COLUMN by_copy.came IS 'least share of the authors who came for it, at 95%: as many more are new than usual; NULL if nothing is known of what is usual';
COMMENT ON COLUMN by_author.accounts IS 'number of accounts they comment on';
COMMENT ON COLUMN by_author.first_day IS 'day of their first comment';
COMMENT ON COLUMN by_author.last_day IS 'day of their last comment';
COMMENT ON COLUMN by_term.excess IS 'extra toxic comments: expected − comments × the day''s toxic share';
COMMENT ON COLUMN post_coverage.night IS 'last night that collected it';
COMMENT ON COLUMN by_post.captured IS 'comments collected';
COMMENT ON COLUMN by_post.coverage IS 'captured ÷ comment_count, at most 1';
COMMENT ON COLUMN by_post.toxic_share IS 'estimated share of toxic comments';
COMMENT ON COLUMN by_post.scored IS 'comments with scores (those with text)';
COMMENT ON COLUMN by_post.gone IS 'comments taken down since';
COMMENT ON COLUMN coverage.posts IS 'posts with a comment count from the platform';
COMMENT ON COLUMN coverage.captured IS 'comments collected of those posts, at most as many as the platform reports';
COMMENT ON COLUMN coverage.reported IS 'comments the platform reports for those posts';
COMMENT ON COLUMN flag_precision.week IS 'Monday of the week of review';
COMMENT ON COLUMN flag_precision.flagged IS 'reviews of comments flagged with this category';
COMMENT ON COLUMN flag_precision.agreed IS 'reviews that confirmed the flag';
COMMENT ON COLUMN flag_precision.precision IS 'agreed ÷ flagged';
COMMENT ON COLUMN flag_precision.margin IS 'half-width of the 95% interval of precision';
COMMENT ON COLUMN nights.night IS 'the day whose comments were collected';
COMMENT ON COLUMN nights.comments_read IS 'comments collected in that night, new or collected before';
COMMENT ON COLUMN nights.comments_kept IS 'comments accepted by validate';
COMMENT ON COLUMN nights.comments_scored IS 'comments scored (new or edited)';
COMMENT ON COLUMN nights.ingest_errors IS 'accounts and posts that could not be collected';
COMMENT ON COLUMN nights.ready_at IS 'when the night''s figures were first there; NULL if unknown';
COMMENT ON COLUMN nights.quality_warnings IS 'checks that failed';
