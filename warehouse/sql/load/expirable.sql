-- Number of rows that hold a text, its terms or an author for longer than allowed.
SELECT (SELECT count(*) FROM comments
        WHERE (last_night < $texts_before AND (text NOT IN ('', $expired) OR media IS NOT NULL))
           OR (last_night < $authors_before AND coalesce(author_hash, author_id_hash, mention_hashes[1], link) IS NOT NULL))
     + (SELECT count(*) FROM pictures WHERE night < $texts_before AND (text NOT IN ('', $expired) OR coalesce(address, looks) IS NOT NULL))
     + (SELECT count(*) FROM posts
        WHERE (night < $authors_before AND coauthor_hashes IS NOT NULL) OR (night < $texts_before AND media IS NOT NULL))
     + (SELECT count(*) FROM comments c
        JOIN scores s ON s.comment_id = c.comment_id AND s.text_key = c.text_key AND s.night < $texts_before
        WHERE c.terms IS NOT NULL OR c.sketch IS NOT NULL)
     + (SELECT count(*) FROM scores WHERE night < $texts_before AND meaning IS NOT NULL)
     + (SELECT count(*) FROM rejected
        WHERE (night < $texts_before AND text NOT IN ('', $expired))
           OR (night < $authors_before AND author_hash IS NOT NULL));
