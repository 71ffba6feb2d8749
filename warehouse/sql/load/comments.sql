-- Loads a slice of a night's comments. A night is one slice, a large one several, so that memory holds them.

MERGE INTO comments old
USING (
    WITH readable AS ( -- nights from older releases have no terms, sketches or spam
        SELECT NULL::VARCHAR[] AS terms, NULL::VARCHAR[] AS listed, NULL::VARCHAR AS sketch, NULL::FLOAT AS spam WHERE false
        UNION ALL BY NAME FROM lake_clean
    ),
    detailed AS ( -- and no details of comments
        SELECT NULL::VARCHAR AS author_id_hash, NULL::VARCHAR AS link, NULL::BOOLEAN AS is_verified, NULL::BOOLEAN AS is_pinned,
            NULL::BOOLEAN AS is_edited, NULL::BOOLEAN AS is_liked_by_owner, NULL::BOOLEAN AS is_by_owner,
            NULL::VARCHAR[] AS media, NULL::VARCHAR[] AS mention_hashes, NULL::VARCHAR AS named WHERE false
        UNION ALL BY NAME FROM lake_comments
    )
    SELECT c.*, k.language, k.text_key, k.terms, k.listed, k.sketch, k.spam FROM detailed c LEFT JOIN readable k USING (comment_id)
    WHERE hash(comment_id) % getvariable('slices') = getvariable('slice')
) new ON old.comment_id = new.comment_id AND old.posted_at >= getvariable('concerned_from')
WHEN MATCHED AND getvariable('night') >= old.last_night THEN UPDATE SET
    parent_id = new.parent_id,
    author_hash = new.author_hash,
    text = new.text,
    has_media = new.has_media,
    posted_at = new.posted_at,
    likes = new.likes,
    reply_count = new.reply_count,
    language = coalesce(new.language, CASE WHEN old.text IN (new.text, expired()) THEN old.language END),
    text_key = coalesce(new.text_key, CASE WHEN old.text IN (new.text, expired()) THEN old.text_key END),
    terms = coalesce(new.terms, CASE WHEN old.text = new.text THEN old.terms END),
    listed = coalesce(new.listed, CASE WHEN old.text = new.text THEN old.listed END),
    first_night = least(old.first_night, getvariable('night')),
    last_night = getvariable('night'),
    author_id_hash = new.author_id_hash,
    link = new.link,
    is_verified = new.is_verified,
    is_pinned = new.is_pinned,
    is_edited = new.is_edited,
    is_liked_by_owner = new.is_liked_by_owner,
    is_by_owner = new.is_by_owner,
    media = new.media,
    mention_hashes = new.mention_hashes,
    named = new.named,
    sketch = coalesce(new.sketch, CASE WHEN old.text = new.text THEN old.sketch END),
    spam = coalesce(new.spam, CASE WHEN old.text IN (new.text, expired()) THEN old.spam END)
WHEN MATCHED THEN UPDATE SET
    language = coalesce(old.language, CASE WHEN new.text IN (old.text, expired()) THEN new.language END),
    text_key = coalesce(old.text_key, CASE WHEN new.text IN (old.text, expired()) THEN new.text_key END),
    terms = coalesce(old.terms, CASE WHEN new.text = old.text THEN new.terms END),
    listed = coalesce(old.listed, CASE WHEN new.text = old.text THEN new.listed END),
    sketch = coalesce(old.sketch, CASE WHEN new.text = old.text THEN new.sketch END),
    spam = coalesce(old.spam, CASE WHEN new.text IN (old.text, expired()) THEN new.spam END),
    first_night = least(old.first_night, getvariable('night'))
WHEN NOT MATCHED THEN INSERT VALUES (
    new.comment_id, new.platform, new.account, new.post_id, new.parent_id, new.author_hash, new.text, new.has_media,
    new.posted_at, new.likes, new.reply_count, new.language, new.text_key, getvariable('night'), getvariable('night'),
    new.terms, new.listed, NULL, new.author_id_hash, new.link, new.is_verified, new.is_pinned, new.is_edited,
    new.is_liked_by_owner, new.is_by_owner, new.media, new.mention_hashes, new.sketch, new.spam,
    new.named, NULL
);
