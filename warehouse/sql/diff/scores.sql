-- Of the comments that both versions score, by category: how many scores moved by a percentage point or more, by how much on
-- average, and how many flags came and went.
WITH old_scores AS (
    UNPIVOT (SELECT comment_id, flags, toxic, severe_toxic, obscene, threat, insult, identity_hate FROM old.comments_scored)
    ON toxic, severe_toxic, obscene, threat, insult, identity_hate INTO NAME label VALUE score
),
new_scores AS (
    UNPIVOT (SELECT comment_id, flags, toxic, severe_toxic, obscene, threat, insult, identity_hate FROM new.comments_scored)
    ON toxic, severe_toxic, obscene, threat, insult, identity_hate INTO NAME label VALUE score
)
SELECT label, count(*) AS scored_by_both, count(*) FILTER (abs(n.score - o.score) >= 0.01) AS moved,
    avg(n.score - o.score) AS mean_change,
    count(*) FILTER (list_contains(n.flags, label) AND NOT list_contains(o.flags, label)) AS flags_gained,
    count(*) FILTER (list_contains(o.flags, label) AND NOT list_contains(n.flags, label)) AS flags_lost
FROM old_scores o JOIN new_scores n USING (comment_id, label)
GROUP BY label ORDER BY moved DESC, label;
