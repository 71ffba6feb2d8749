-- Every comment as often as $copies says, each time as another one, by one of a million people.
SELECT * REPLACE (
    comment_id || 'x' || copy AS comment_id,
    md5(((hash(comment_id) + copy * 7919) % 1000000)::VARCHAR) AS author_hash,
    NULL AS author_id_hash
)
FROM read_parquet($file), range($copies) copies (copy)
