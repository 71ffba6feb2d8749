-- Formulas that views, marts, pages and alerts share. The numbers and words they share are in warehouse/measures.py:
-- expired(), bins(), usual_days() and so on.

CREATE OR REPLACE MACRO bin_of(score) AS least(floor(score * bins()), bins() - 1)::TINYINT;

CREATE OR REPLACE MACRO first_bin(threshold) AS round(threshold * bins()); -- the lowest that a threshold flags

-- A probability with its odds shifted and stretched, by the calibration of its account or else of its language; without one it
-- stays as the model gave it.
CREATE OR REPLACE MACRO log_odds(p) AS ln(greatest(least(p::DOUBLE, 0.999999), 0.000001) / (1 - greatest(least(p::DOUBLE, 0.999999), 0.000001)));

CREATE OR REPLACE MACRO calibrated(p, of_account, of_language) AS CASE WHEN coalesce(of_account, of_language) IS NULL THEN p
    ELSE (1 / (1 + exp(-(coalesce(of_account, of_language).shift + coalesce(of_account, of_language).slope * log_odds(p)))))::FLOAT END;

-- Half the widths of 95 % intervals: of a share, whose comments are a sample and whose labels are only probable (the two
-- variances add up to share × (1 − share)), and whose calibration may be off; of a share over several rows that have margins;
-- of a counted share (Agresti and Coull).
CREATE OR REPLACE MACRO margin_of_share(share, comments, off_by) AS
    deviations_of_95() * sqrt(greatest(share * (1 - share), 0) / comments + (coalesce(off_by, 0) / comments) ** 2);

CREATE OR REPLACE MACRO margin_of_all(margin, comments) AS sqrt(sum((margin * comments) ** 2)) / sum(comments);

CREATE OR REPLACE MACRO margin_of_count(counted, total) AS
    deviations_of_95() * sqrt((counted + 2) / (total + 4) * (1 - (counted + 2) / (total + 4)) / (total + 4));

-- Change. Comments of one day or below one post resemble each other, so that they say less than as many comments from
-- anywhere: the variance of a sum over a period grows with the squares of its days' and posts' comments. `of_days` and
-- `of_posts` are how much they resemble each other (the mart likeness).
CREATE OR REPLACE MACRO noise_of(expected, comments, days_squared, posts_squared, of_days, of_posts) AS
    greatest(expected / comments * (1 - expected / comments), 0)
        * (comments + of_days * days_squared + of_posts * posts_squared);

-- Degrees of freedom (Welch and Satterthwaite) of a sum of variances, each known from that many days.
CREATE OR REPLACE MACRO freedom_of(variance, days) AS
    sum(variance) ** 2 / nullif(sum(variance ** 2 / greatest(days - 1, 1)), 0);

-- How many standard errors hold 95 % of Student's t.
CREATE OR REPLACE MACRO errors_of_95(freedom) AS deviations_of_95() + (deviations_of_95() ** 3 + deviations_of_95()) / (4 * freedom)
    + (5 * deviations_of_95() ** 5 + 16 * deviations_of_95() ** 3 + 3 * deviations_of_95()) / (96 * freedom ** 2);

CREATE OR REPLACE MACRO margin_of_change(variance, freedom) AS
    CASE WHEN freedom >= least_days() - 1 THEN errors_of_95(freedom) * sqrt(variance) END;

-- The chance of a normal deviate as far from 0, on either side (Abramowitz and Stegun 26.2.17).
CREATE OR REPLACE MACRO chance_beyond(deviations) AS (
    SELECT 2 * exp(-(deviations ** 2) / 2) / sqrt(2 * pi())
        * (t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429)))))
    FROM (SELECT 1 / (1 + 0.2316419 * abs(deviations)) AS t)
);

-- The chance of a sum of squares (chi-squared) as large or larger (Wilson and Hilferty).
CREATE OR REPLACE MACRO chance_of_squares(squares, freedom) AS
    CASE WHEN squares > freedom - 2 / 3
        THEN chance_beyond(((squares / freedom) ** (1 / 3) - 1 + 2 / (9 * freedom)) / sqrt(2 / (9 * freedom))) / 2 ELSE 0.5 END;

-- The chance of a change as large if nothing has changed; NULL where too few days say so.
CREATE OR REPLACE MACRO chance_of_change(change, variance, freedom) AS
    CASE WHEN freedom >= least_days() - 1 AND variance > 0 THEN chance_beyond( -- Student's t as a normal deviate (Wallace)
        (8 * freedom + 1) / (8 * freedom + 3) * sqrt(freedom * ln(1 + change ** 2 / variance / freedom))
    ) END;

-- Of changes that are looked at together, those with chances up to this are significant: so few of these are chance
-- (Benjamini and Hochberg). Without any it is -1.
CREATE OR REPLACE MACRO significant_up_to(chances) AS coalesce(list_transform(
    [list_sort(list_filter(chances, lambda chance: chance IS NOT NULL))],
    lambda known: list_max(list_filter(known, lambda chance, place: chance <= by_chance() * place / len(known)))
)[1], -1)::DOUBLE;

-- The random audit. Comments are drawn in proportion to this; of those drawn, people judge y and the model says p, and each
-- stands for `weight` comments, 1 ÷ its chance. What people say of a comment is predicted from p by a line through the sample,
-- whose slope leaves 1 only as far as the sample insists; what they say of all comments is the line at the model's share of all
-- (a regression estimate: right whatever the model is worth).
CREATE OR REPLACE MACRO size_in_audit(score) AS 0.1 + sqrt(score * (1 - score));

CREATE OR REPLACE MACRO score_of(scores, label) AS CASE label WHEN 'toxic' THEN scores.toxic WHEN 'severe_toxic' THEN scores.severe_toxic
    WHEN 'obscene' THEN scores.obscene WHEN 'threat' THEN scores.threat WHEN 'insult' THEN scores.insult
    WHEN 'identity_hate' THEN scores.identity_hate END::DOUBLE;

CREATE OR REPLACE MACRO moments(weight, y, p) AS {
    of_one: sum(weight), y: sum(weight * y), p: sum(weight * p), yy: sum(weight * y ** 2), pp: sum(weight * p ** 2), yp: sum(weight * y * p)
};

CREATE OR REPLACE MACRO sums_of_audit(weight, y, p) AS { -- a weight of NULL leaves a comment out
    reviewed: moments(sign(weight), y, p), weighed: moments(weight, y, p), loose: moments(greatest(weight * (weight - 1), 0), y, p)
};

CREATE OR REPLACE MACRO total_of(moments) AS {
    of_one: sum(moments.of_one), y: sum(moments.y), p: sum(moments.p), yy: sum(moments.yy), pp: sum(moments.pp), yp: sum(moments.yp)
};

CREATE OR REPLACE MACRO total_of_sums(sums) AS {
    reviewed: total_of(sums.reviewed), weighed: total_of(sums.weighed), loose: total_of(sums.loose)
};

CREATE OR REPLACE MACRO mean_of_people(sums) AS sums.weighed.y / sums.weighed.of_one;

CREATE OR REPLACE MACRO weight_of_one(sums) AS -- of a slope of 1, against the sample
    16 * (mean_of_people(sums) * sums.reviewed.of_one + 1) * ((1 - mean_of_people(sums)) * sums.reviewed.of_one + 1)
        / (sums.reviewed.of_one + 2) ** 2 * sums.weighed.of_one / sums.reviewed.of_one;

CREATE OR REPLACE MACRO slope_of_audit(sums) AS
    (sums.weighed.yp - mean_of_people(sums) * sums.weighed.p + weight_of_one(sums))
        / (sums.weighed.pp - sums.weighed.p ** 2 / sums.weighed.of_one + weight_of_one(sums));

CREATE OR REPLACE MACRO audited_share(share, sums) AS
    least(greatest(mean_of_people(sums) + slope_of_audit(sums) * (share - sums.weighed.p / sums.weighed.of_one), 0), 1);

CREATE OR REPLACE MACRO squares_beside(moments, height, slope) AS -- sum of (y − height − slope × p) ** 2
    moments.yy - 2 * height * moments.y - 2 * slope * moments.yp + height ** 2 * moments.of_one + 2 * height * slope * moments.p
        + slope ** 2 * moments.pp;

-- The variance that the squared distances from the line say. Where few comments are far from it, these are the say of a few, and
-- chance counts as one more: the geometric mean of what the model's probabilities and of what the share lead to expect.
CREATE OR REPLACE MACRO variance_of_audit(share, audit) AS list_transform(
    list_transform([slope_of_audit(audit)], lambda slope: {
        slope: slope, height: mean_of_people(audit) - slope * audit.weighed.p / audit.weighed.of_one,
        people: least(greatest(audited_share(share, audit), 1 / (audit.reviewed.of_one + 2)), 1 - 1 / (audit.reviewed.of_one + 2))
    }),
    lambda line: {
        surprises: squares_beside(audit.reviewed, line.height, line.slope),
        squares: squares_beside(audit.loose, line.height, line.slope) * audit.reviewed.of_one / greatest(audit.reviewed.of_one - 2, 1),
        by_model: audit.loose.p - audit.loose.pp, by_share: audit.loose.of_one * line.people * (1 - line.people)
    }
).list_transform(lambda around:
    (around.surprises * around.squares + sqrt(greatest(around.by_model * around.by_share, 0))) / (around.surprises + 1) / audit.weighed.of_one ** 2
)[1];

-- The 95 % interval of a share with a variance (Wilson): as many comments were counted as would have that variance, and the doubt
-- is 1 ÷ these. Near 0 and 1 the interval is no wider than the normal one.
CREATE OR REPLACE MACRO doubt_of(share, variance, reviewed) AS errors_of_95(reviewed - 1) ** 2 * variance / (
    greatest(share, 1 / (reviewed + 2), errors_of_95(reviewed - 1) * sqrt(variance))
    * greatest(1 - share, 1 / (reviewed + 2), errors_of_95(reviewed - 1) * sqrt(variance))
);

CREATE OR REPLACE MACRO interval_of_doubt(share, doubt) AS list_transform(
    list_transform([doubt], lambda d: {middle: (share + d / 2) / (1 + d), margin: sqrt(d * (share * (1 - share) + d / 4)) / (1 + d)}),
    lambda part: {low: part.middle - part.margin, high: part.middle + part.margin}
)[1];

-- What the audit says of all comments, of which the model says `share`: {people, low, high}; NULL with fewer than two reviews.
CREATE OR REPLACE MACRO interval_of_audit(share, audit) AS CASE WHEN audit.reviewed.of_one > 1 THEN list_transform(
    list_transform([{people: audited_share(share, audit), variance: variance_of_audit(share, audit)}], lambda found: {
        people: found.people, interval: interval_of_doubt(found.people, doubt_of(found.people, found.variance, audit.reviewed.of_one))
    }),
    lambda found: {people: found.people, low: found.interval.low, high: found.interval.high}
)[1] END;

-- The least share of a group's authors that came for it, at 95 %: of the others as many are new as usual.
CREATE OR REPLACE MACRO came_for_it(authors, new_authors, usual_new) AS CASE WHEN usual_new < authors THEN greatest(
    (interval_of_doubt(new_authors / authors, deviations_of_95() ** 2 / authors).low - usual_new / authors) / (1 - usual_new / authors), 0
) END;

CREATE OR REPLACE MACRO is_campaign(is_short, came, authors) AS
    coalesce(NOT is_short AND came >= campaign_from() AND came * authors >= least_sent(), false);

CREATE OR REPLACE MACRO coverage_of(captured, reported) AS sum(least(captured, reported)) / nullif(sum(reported), 0);

CREATE OR REPLACE MACRO is_of(platform, account, wanted) AS -- wanted: platform/account, or NULL for all
    wanted IS NULL OR (platform = split_part(wanted, '/', 1) AND account = split_part(wanted, '/', 2));

CREATE OR REPLACE MACRO is_among(platform, account, places) AS -- places: a list of platform/account, or NULL for all
    places IS NULL OR list_contains(places::VARCHAR[], platform || '/' || account);

-- Own words. A text is its words between single spaces; a sign, an emoji and a letter of a script without spaces are words of their
-- own. A * at either end of a sought word stands for the rest of a word.
CREATE OR REPLACE MACRO spaced(text) AS ' ' || trim(regexp_replace(regexp_replace(lower(nfc_normalize(text)),
    '([^\p{L}\p{M}\p{N}_\s]|[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])', ' \1 ', 'g'), '\s+', ' ', 'g')) || ' ';

CREATE OR REPLACE MACRO sought(word) AS if(starts_with(word, '*'), '', ' ') || trim(spaced(trim(word, '*'))) || if(ends_with(word, '*'), '', ' ');

CREATE OR REPLACE MACRO pattern_of(word) AS -- lets more pass than the word, and is fast
    array_to_string(list_transform(string_split(trim(sought(word)), ' '), lambda part: regexp_escape(part)), '\s*');

CREATE OR REPLACE MACRO may_contain(text, patterns) AS regexp_matches(lower(nfc_normalize(text)), patterns);

CREATE OR REPLACE MACRO is_flagged(label, score, flagged_from, flagged_as, never_as) AS coalesce(list_contains(flagged_as, label), false)
    OR (score >= flagged_from AND NOT coalesce(list_contains(never_as, label), false));

-- Spam, by what policies.toml says of it; figures leave it out unless that says to count it.
CREATE OR REPLACE MACRO is_spam(spam) AS coalesce(spam >= (SELECT max(spam_from) FROM spam_rule), false);

CREATE OR REPLACE MACRO spam_is_counted() AS coalesce((SELECT bool_and(is_counted) FROM spam_rule), true);

CREATE OR REPLACE MACRO is_counted(spam) AS NOT is_spam(spam) OR spam_is_counted();

-- Whom a comment answers or names: an @ comes first, because on most platforms all answers in a thread have the same parent. The answer to
-- a comment that was erased or never collected is to nobody known. Authors don't matter, so that it stays the same when they expire.
CREATE OR REPLACE MACRO answers(reply_at, parent_at) AS reply_at::DATE - parent_at::DATE BETWEEN -1 AND answer_days();

CREATE OR REPLACE MACRO addressed_by(comment, has_parent, parent_is_by_owner) AS CASE
    WHEN comment.named = 'account' THEN 'account'
    WHEN comment.named = 'other' OR (comment.parent_id IS NULL AND comment.mention_hashes IS NOT NULL) THEN 'commenter'
    WHEN comment.parent_id IS NULL THEN if(coalesce(comment.is_by_owner, false), 'nobody', 'account')
    WHEN NOT has_parent THEN 'nobody'
    WHEN parent_is_by_owner THEN 'account'
    ELSE 'commenter' END;

-- A comment below a post that neither answers nor names anyone may attack a group instead of the account.
CREATE OR REPLACE MACRO directed_at(addressed, is_below_post, attacked) AS
    if(is_below_post AND addressed = 'account' AND coalesce(attacked NOT IN ('nobody', 'person'), false), 'group', addressed);

CREATE OR REPLACE MACRO is_below_post(parent_id, named) AS parent_id IS NULL AND named IS NULL;

CREATE OR REPLACE MACRO severity_rank(severity) AS
    coalesce(list_position(severities(), severity), 0);
