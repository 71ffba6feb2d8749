-- Own words in a comment of a day, and what they decide.
SELECT word, list_sort(list(label)) AS labels, w.flags
FROM comments c JOIN account_words w ON w.platform = c.platform AND w.account = c.account
    AND (w.language IS NULL OR w.language = c.language) AND contains(spaced(c.text), sought(w.word))
WHERE c.posted_at >= $day::DATE AND c.posted_at < $day::DATE + 1 AND c.comment_id IN (SELECT $id) AND c.text <> expired()
GROUP BY ALL ORDER BY ALL;
