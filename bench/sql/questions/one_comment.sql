-- one comment by its id
SELECT c.text, s.toxic FROM comments c JOIN scores s ON s.comment_id = c.comment_id WHERE c.comment_id = 'instagram:105000000777'
