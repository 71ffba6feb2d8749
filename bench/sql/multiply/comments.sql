SELECT * REPLACE (comment_id || 'x' || copy AS comment_id)
FROM read_parquet($file), range($copies) copies (copy)
