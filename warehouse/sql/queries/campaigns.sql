-- Which texts did many new people copy (campaigns), and how many of their authors came for it?
SELECT week, any_value(c.text) AS text, any_value(b.comments) AS comments, any_value(authors) AS authors, any_value(new_authors) AS new_authors,
    any_value(came) AS came, any_value(accounts) AS accounts, any_value(b.first_at) AS first_at, any_value(b.last_at) AS last_at
FROM by_copy b JOIN copied k ON k.copy = b.copy AND date_trunc('week', k.day) = b.week JOIN comments c USING (comment_id)
WHERE is_campaign(is_short, came, authors) GROUP BY b.copy, week ORDER BY comments DESC LIMIT 10;
