-- How many of the night's comments the warehouse holds.
SELECT count(*) FROM comments SEMI JOIN incoming USING (comment_id) WHERE posted_at >= getvariable('concerned_from')
    OR posted_at >= (SELECT min(posted_at) FROM incoming);
