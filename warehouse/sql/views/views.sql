-- The views that people use first. All show the champion's scores; flags follow policy_rules, so a changed policy
-- is seen in all of history at once. Shares are expected shares of calibrated probabilities, with 95 % intervals.

CREATE OR REPLACE VIEW champion AS SELECT model, text_rule FROM models WHERE is_champion;
COMMENT ON VIEW champion IS 'The model whose scores the views show.';

CREATE OR REPLACE MACRO is_of(platform, account, wanted) AS -- wanted: platform/account, or NULL for all
    wanted IS NULL OR (platform = split_part(wanted, '/', 1) AND account = split_part(wanted, '/', 2));

CREATE OR REPLACE MACRO is_among(platform, account, places) AS -- a list of them, or NULL for all
    places IS NULL OR list_contains(places::VARCHAR[], platform || '/' || account);

CREATE OR REPLACE MACRO severity_rank(severity) AS
    coalesce(list_position(['low', 'medium', 'high', 'critical'], severity), 0);

CREATE OR REPLACE VIEW comments_scored AS
WITH rules AS (
    PIVOT thresholds ON label IN ('toxic', 'severe_toxic', 'obscene', 'threat', 'insult', 'identity_hate')
    USING any_value(flagged_from) AS from_, any_value(severity) AS severity
    GROUP BY platform, account, language, policy
)
SELECT c.comment_id, c.platform, c.account, a.tags, c.post_id, c.parent_id, c.author_hash, c.text, c.has_media, c.posted_at,
    c.posted_at::DATE AS day, c.language, c.likes, c.reply_count,
    s.toxic, s.severe_toxic, s.obscene, s.threat, s.insult, s.identity_hate,
    list_filter([
        CASE WHEN s.toxic >= r.toxic_from_ THEN 'toxic' END,
        CASE WHEN s.severe_toxic >= r.severe_toxic_from_ THEN 'severe_toxic' END,
        CASE WHEN s.obscene >= r.obscene_from_ THEN 'obscene' END,
        CASE WHEN s.threat >= r.threat_from_ THEN 'threat' END,
        CASE WHEN s.insult >= r.insult_from_ THEN 'insult' END,
        CASE WHEN s.identity_hate >= r.identity_hate_from_ THEN 'identity_hate' END
    ], lambda flag: flag IS NOT NULL) AS flags,
    ['none', 'low', 'medium', 'high', 'critical'][1 + greatest(
        CASE WHEN s.toxic >= r.toxic_from_ THEN severity_rank(r.toxic_severity) ELSE 0 END,
        CASE WHEN s.severe_toxic >= r.severe_toxic_from_ THEN severity_rank(r.severe_toxic_severity) ELSE 0 END,
        CASE WHEN s.obscene >= r.obscene_from_ THEN severity_rank(r.obscene_severity) ELSE 0 END,
        CASE WHEN s.threat >= r.threat_from_ THEN severity_rank(r.threat_severity) ELSE 0 END,
        CASE WHEN s.insult >= r.insult_from_ THEN severity_rank(r.insult_severity) ELSE 0 END,
        CASE WHEN s.identity_hate >= r.identity_hate_from_ THEN severity_rank(r.identity_hate_severity) ELSE 0 END
    )] AS severity,
    review.labels AS reviewed_as, s.model, m.text_rule, r.policy, c.first_night, c.last_night,
    c.terms, c.listed, c.gone_since
FROM comments c
LEFT JOIN accounts a USING (platform, account)
LEFT JOIN (scores s JOIN champion m USING (model))
    ON s.comment_id = c.comment_id AND s.text_key = c.text_key AND s.posted_on = c.posted_at::DATE -- so few days are read
LEFT JOIN rules r ON r.platform = c.platform AND r.account = c.account AND r.language = c.language
LEFT JOIN (SELECT comment_id, max_by(labels, reviewed_at) AS labels FROM reviews GROUP BY comment_id) review
    ON review.comment_id = c.comment_id;
COMMENT ON VIEW comments_scored IS 'One wide row a comment: the champion''s scores, what the policy flags and how severe it is, and what a reviewer said. Scores are NULL where there are no words.';

CREATE OR REPLACE MACRO is_asked(
    posted_at, platform, account, language, author_hash, text, terms, first_day, last_day, of_account, of_places, in_language, with_words
) AS posted_at >= first_day::DATE AND posted_at < last_day::DATE + 1
    AND is_of(platform, account, of_account) AND is_among(platform, account, of_places)
    AND (in_language IS NULL OR language = in_language)
    AND (with_words IS NULL OR contains(lower(text), lower(with_words)) OR coalesce(list_contains(terms, lower(with_words)), false)
        OR (regexp_full_match(with_words, '@[0-9a-f]{8,32}') AND coalesce(starts_with(author_hash, with_words[2:]), false)));

CREATE OR REPLACE MACRO comments_like(
    first_day, last_day, of_account, of_places, in_language, of_severity, flagged_as, with_review, with_words
) AS TABLE
SELECT * FROM comments_scored
WHERE is_asked(posted_at, platform, account, language, author_hash, text, terms, first_day, last_day, of_account, of_places, in_language, with_words)
    AND (of_severity IS NULL OR severity = of_severity)
    AND (flagged_as IS NULL OR list_contains(flags, flagged_as))
    AND (with_review IS NULL OR with_review = CASE len(reviewed_as) WHEN 0 THEN 'harmless' ELSE if(reviewed_as IS NULL, 'none', 'harmful') END);

CREATE OR REPLACE VIEW flags AS
SELECT b.platform, b.account, b.day, b.label, sum(b.comments)::BIGINT AS flagged
FROM score_bins b JOIN champion USING (model) JOIN thresholds t USING (platform, account, language, label)
WHERE b.bin >= round(t.flagged_from * 20) GROUP BY ALL;
COMMENT ON VIEW flags IS 'How many comments the policy flags, by account, day and category.';

CREATE OR REPLACE VIEW daily AS
SELECT d.platform, d.account, d.day, d.label, d.comments, d.expected, d.expected / d.comments AS share,
    1.96 * sqrt(d.variance) / d.comments AS margin, coalesce(f.flagged, 0) AS flagged, d.comments < 30 AS is_small
FROM days d JOIN champion USING (model) LEFT JOIN flags f USING (platform, account, day, label);
COMMENT ON VIEW daily IS 'Toxicity by account, day and category: expected share ± margin (95 %), flagged comments; is_small where there are fewer than 30.';

CREATE OR REPLACE VIEW waves AS -- by cumulated sums (CUSUM): a change point is where a sum that leads beyond the limit began
WITH usual AS (
    SELECT platform, account, median(expected / comments) AS usual, greatest(1.4826 * mad(expected / comments), 0.01) AS deviation
    FROM days JOIN champion USING (model) WHERE label = 'toxic' AND comments >= 30 GROUP BY ALL
),
summed AS ( -- of deviations, the day's own chance among them; half of one is allowed for, and a day is no more than five
    SELECT platform, account, d.day, d.comments, d.share, d.margin, u.usual, d.flagged,
        sum(least((d.share - u.usual) / sqrt(u.deviation ** 2 + (d.margin / 1.96) ** 2) - 0.5, 5))
            OVER (PARTITION BY platform, account ORDER BY d.day) AS total
    FROM daily d JOIN usual u USING (platform, account) WHERE d.label = 'toxic' AND NOT d.is_small
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
WHERE highest > 4 AND day <= peak AND share - margin > usual;
COMMENT ON VIEW waves IS 'Waves of abuse: days from where an account''s section became more toxic than its median day, beyond chance, to the peak.';

CREATE OR REPLACE VIEW by_tag AS
SELECT tag, day, label, sum(comments)::BIGINT AS comments, sum(expected) / sum(comments) AS share,
    sqrt(sum((margin * comments) ** 2)) / sum(comments) AS margin, sum(flagged)::BIGINT AS flagged
FROM daily JOIN (SELECT platform, account, unnest(tags) AS tag FROM accounts) USING (platform, account)
GROUP BY ALL;
COMMENT ON VIEW by_tag IS 'Toxicity by tag, day and category.';

CREATE OR REPLACE VIEW by_language AS
SELECT b.platform, b.account, b.language, b.label, sum(b.comments)::BIGINT AS comments,
    sum(b.expected) / sum(b.comments) AS share, 1.96 * sqrt(sum(b.variance)) / sum(b.comments) AS margin
FROM score_bins b JOIN champion USING (model) GROUP BY ALL;
COMMENT ON VIEW by_language IS 'Toxicity by account, language and category.';

CREATE OR REPLACE VIEW by_author AS
SELECT d.platform, d.author_hash, sum(d.comments)::BIGINT AS comments, sum(d.expected) AS expected_toxic,
    max(d.worst) AS worst, count(DISTINCT d.account) AS accounts, min(d.day) AS first_day, max(d.day) AS last_day
FROM author_days d JOIN champion USING (model) GROUP BY ALL;
COMMENT ON VIEW by_author IS 'Authors (pseudonymous): how much they write and how toxic it is expected to be.';

CREATE OR REPLACE VIEW by_term AS
SELECT t.platform, t.account, t.day, t.term, t.is_listed, t.comments, t.expected, t.expected - t.comments * d.expected / d.comments AS excess
FROM terms t JOIN champion USING (model) JOIN days d USING (platform, account, day, model) WHERE d.label = 'toxic';
COMMENT ON VIEW by_term IS 'What is being said: words and phrases by account and day, with how far they go together with toxicity.';

CREATE OR REPLACE VIEW post_coverage AS
WITH seen AS (
    SELECT post_id, sum(comments)::BIGINT AS comments, sum(gone)::BIGINT AS gone FROM post_days GROUP BY post_id
)
SELECT p.post_id, p.platform, p.account, p.url, p.caption, p.posted_at, p.likes, p.comment_count, p.night,
    coalesce(s.comments, 0) AS captured, least(1, captured / nullif(p.comment_count, 0)) AS coverage,
    coalesce(s.gone, 0) AS gone
FROM posts p LEFT JOIN seen s USING (post_id);
COMMENT ON VIEW post_coverage IS 'Posts with their coverage: captured ÷ what the platform says it has, replies included.';

CREATE OR REPLACE VIEW by_post AS
WITH scored AS (
    SELECT post_id, sum(comments)::BIGINT AS comments, sum(expected) / sum(comments) AS share
    FROM post_scores JOIN champion USING (model) GROUP BY post_id
)
SELECT p.* EXCLUDE (night), s.share AS toxic_share, coalesce(s.comments, 0) AS scored
FROM post_coverage p LEFT JOIN scored s USING (post_id);
COMMENT ON VIEW by_post IS 'Posts with their coverage and toxicity.';

CREATE OR REPLACE MACRO seen(captured, said) AS sum(least(captured, said)) / nullif(sum(said), 0);

CREATE OR REPLACE VIEW coverage AS
SELECT platform, account, count(*) AS posts, sum(comment_count)::BIGINT AS said, sum(p.captured)::BIGINT AS captured,
    seen(p.captured, comment_count) AS coverage
FROM post_coverage p WHERE comment_count IS NOT NULL GROUP BY ALL;
COMMENT ON VIEW coverage IS 'Coverage of each account: captured comments ÷ what the platform says its posts have.';

CREATE OR REPLACE VIEW weekly AS
WITH weeks AS (
    SELECT platform, account, date_trunc('week', day)::DATE AS week, label, sum(comments)::BIGINT AS comments,
        sum(expected) / sum(comments) AS share, sqrt(sum((margin * comments) ** 2)) / sum(comments) AS margin
    FROM daily GROUP BY ALL
)
SELECT *, share - lag(share) OVER before AS change,
    sqrt(margin ** 2 + lag(margin) OVER before ** 2) AS change_margin
FROM weeks WINDOW before AS (PARTITION BY platform, account, label ORDER BY week);
COMMENT ON VIEW weekly IS 'Toxicity by account, week and category, with the change against the week before.';

CREATE OR REPLACE VIEW flag_precision AS
SELECT date_trunc('week', reviewed_at)::DATE AS week, label, model, policy, count(*) AS flagged,
    count(*) FILTER (list_contains(labels, label)) AS agreed, agreed / flagged AS precision,
    1.96 * sqrt((agreed + 2) / (flagged + 4) * (1 - (agreed + 2) / (flagged + 4)) / (flagged + 4)) AS margin
FROM (SELECT *, unnest(flags) AS label FROM reviews) GROUP BY ALL;
COMMENT ON VIEW flag_precision IS 'How often reviewers found flags right, by week of review, category, model and policy.';

CREATE OR REPLACE VIEW nights AS
SELECT night, max(rows_in) FILTER (stage = 'validate') AS comments_read, max(rows_out) FILTER (stage = 'validate') AS comments_kept,
    max(rows_out) FILTER (stage = 'score') AS comments_scored, sum(seconds) AS seconds,
    any_value(r.cost_usd) AS cost_usd, any_value(e.errors) AS ingest_errors, any_value(q.warnings) AS quality_warnings
FROM stages
LEFT JOIN (SELECT night, sum(cost_usd) AS cost_usd FROM runs GROUP BY night) r USING (night)
LEFT JOIN (SELECT night, count(*) AS errors FROM ingest_errors GROUP BY night) e USING (night)
LEFT JOIN (SELECT night, count(*) AS warnings FROM quality WHERE NOT is_met GROUP BY night) q USING (night)
GROUP BY night;
COMMENT ON VIEW nights IS 'What each night read, kept, scored, took and cost.';

-- What monitor writes down of a night, by account: comments of that day, expected shares with margins, flagged, drift,
-- cost, errors, rejected rows, coverage of the posts last seen that night.
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
UNION ALL SELECT of_night, platform, account, 'coverage', NULL, seen(captured, comment_count)
    FROM post_coverage WHERE night = of_night AND comment_count IS NOT NULL GROUP BY ALL;

-- Columns that only views have. Other columns, and these in other views, mean the same wherever they stand.
COMMENT ON COLUMN comments_scored.flags IS 'categories that the policy flags it as';
COMMENT ON COLUMN comments_scored.severity IS 'the highest severity among its flags, or none';
COMMENT ON COLUMN comments_scored.reviewed_as IS 'categories that the last reviewer saw, none if harmless; NULL where nobody has reviewed it';
COMMENT ON COLUMN comments_scored.model IS 'the model that gave the scores';
COMMENT ON COLUMN daily.share IS 'expected share of comments of the category';
COMMENT ON COLUMN daily.margin IS 'half the width of the 95 % interval of the share';
COMMENT ON COLUMN flags.flagged IS 'comments that the policy flags';
COMMENT ON COLUMN daily.is_small IS 'fewer than 30 comments: the share says little';
COMMENT ON COLUMN waves.usual IS 'median share of the account''s days';
COMMENT ON COLUMN weekly.change IS 'share less that of the week before';
COMMENT ON COLUMN weekly.change_margin IS 'half the width of the 95 % interval of the change';
COMMENT ON COLUMN by_tag.tag IS 'one of the accounts'' tags';
COMMENT ON COLUMN by_author.expected_toxic IS 'how many of their comments are expected to be toxic';
COMMENT ON COLUMN by_author.accounts IS 'in how many accounts'' sections they write';
COMMENT ON COLUMN by_author.first_day IS 'the first day on which they wrote';
COMMENT ON COLUMN by_author.last_day IS 'the last day on which they wrote';
COMMENT ON COLUMN by_term.excess IS 'toxic comments that say it beyond what the day''s share would give: what drives its toxicity';
COMMENT ON COLUMN post_coverage.night IS 'the last night that saw it';
COMMENT ON COLUMN by_post.captured IS 'comments that are in the warehouse';
COMMENT ON COLUMN by_post.coverage IS 'captured ÷ what the platform says, at most 1';
COMMENT ON COLUMN by_post.toxic_share IS 'expected share of toxic comments';
COMMENT ON COLUMN by_post.scored IS 'comments with words, which have scores';
COMMENT ON COLUMN by_post.gone IS 'comments that were taken down';
COMMENT ON COLUMN coverage.posts IS 'posts whose comments the platform counts';
COMMENT ON COLUMN coverage.said IS 'comments the platform says they have';
COMMENT ON COLUMN flag_precision.week IS 'Monday of the week in which they were reviewed';
COMMENT ON COLUMN flag_precision.flagged IS 'reviews of comments that were flagged as this';
COMMENT ON COLUMN flag_precision.agreed IS 'reviews that found it so';
COMMENT ON COLUMN flag_precision.precision IS 'share of flags that were right';
COMMENT ON COLUMN flag_precision.margin IS 'half the width of the 95 % interval of the precision';
COMMENT ON COLUMN nights.night IS 'the day whose comments were collected';
COMMENT ON COLUMN nights.comments_read IS 'comments that the sources gave';
COMMENT ON COLUMN nights.comments_kept IS 'comments that passed the checks';
COMMENT ON COLUMN nights.comments_scored IS 'comments that the model scored anew';
COMMENT ON COLUMN nights.ingest_errors IS 'what sources refused';
COMMENT ON COLUMN nights.quality_warnings IS 'expectations that were not met';
