-- One post.
SELECT post_id, platform || '/' || account AS account, posted_at, caption, url FROM posts WHERE post_id = $post AND posted_at IS NOT NULL;
