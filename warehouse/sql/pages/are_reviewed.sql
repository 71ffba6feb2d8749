-- Whether people have reviewed comments, and any of those drawn for the random audit.
SELECT EXISTS (FROM reviews) AS comments, EXISTS (FROM drawn SEMI JOIN reviews USING (comment_id)) AS drawn;
