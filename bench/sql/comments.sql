-- Invented comments of the days from `first_day` on, `comments` of them in all: 50 accounts of very different size,
-- two posts a day, few authors who write much, texts of common and rare words, scores that are mostly near zero, of spam too.
CREATE OR REPLACE TEMP TABLE made AS
WITH dice AS (
    SELECT i, hash(i, getvariable('seed'), 1) AS a, hash(i, getvariable('seed'), 2) AS b,
        hash(i, getvariable('seed'), 3) AS c, hash(i, getvariable('seed'), 4) AS d
    FROM range(getvariable('comments')) r(i)
),
drawn AS (
    SELECT i, a, b, c, d,
        getvariable('first_day')::TIMESTAMPTZ + to_seconds((i::DOUBLE / getvariable('comments') * getvariable('days') * 86400)::BIGINT)
            AS posted_at,
        'account' || floor(50 * power(a % 1000 / 1000.0, 2))::INTEGER AS account,
        power(b % 1000003 / 1000003.0, 12)::FLOAT AS toxic
    FROM dice
)
SELECT 'instagram:' || getvariable('seed') || lpad(i::VARCHAR, 9, '0') AS comment_id, 'instagram' AS platform, account,
    'instagram:' || account || strftime(posted_at, '%j%y') || (c % 2) AS post_id,
    CASE WHEN d % 5 = 0 THEN 'instagram:parent' || d % 1000 END AS parent_id,
    substr(md5((floor(power(c % 100003 / 100003.0, 2) * getvariable('comments') / 8))::VARCHAR), 1, 32) AS author_hash,
    array_to_string(list_transform(range(3 + (a % 12)::BIGINT),
        lambda n: 'word' || floor(power(hash(i, n) % 10007 / 10007.0, 3) * 5000)::INTEGER), ' ') AS text,
    false AS has_media, posted_at, (d % 40)::BIGINT AS likes, NULL::BIGINT AS reply_count,
    CASE WHEN b % 10 < 7 THEN 'en' ELSE ['es', 'pt', 'de'][1 + (b % 3)::INTEGER] END AS language,
    substr(md5(text), 1, 16) AS text_key, string_split(text, ' ') AS terms, []::VARCHAR[] AS listed,
    substr(md5(text) || md5(text), 1, 48) AS sketch, power(c % 1000033 / 1000033.0, 12)::FLOAT AS spam,
    toxic, toxic / 9 AS severe_toxic, toxic / 2 AS obscene, toxic / 20 AS threat, toxic / 1.5 AS insult, toxic / 12 AS identity_hate,
    CASE WHEN toxic < 0.3 THEN 'nobody' ELSE 'person' END AS attacked
FROM drawn;
