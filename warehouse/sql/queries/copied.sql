-- Which texts are copied most, and by how many?
SELECT b.week, any_value(c.text) AS text, any_value(b.comments) AS comments, any_value(b.authors) AS authors, any_value(b.accounts) AS accounts
FROM by_copy b JOIN copied k ON k.copy = b.copy AND date_trunc('week', k.day) = b.week JOIN comments c USING (comment_id)
GROUP BY b.copy, b.week ORDER BY comments DESC LIMIT 10;
