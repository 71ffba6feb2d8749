-- The last night that is here.
SELECT max(last_night) FROM comments;
