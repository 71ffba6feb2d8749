-- The newest night.
SELECT max(last_night) FROM comments;
