-- The columns of a table or view and what they mean; without a name, those of the stable views.
SELECT table_name, column_name, data_type, comment FROM duckdb_columns()
WHERE NOT internal AND CASE $1 WHEN '' THEN table_name LIKE 'v1~_%' ESCAPE '~' ELSE table_name = $1 END
ORDER BY table_name, column_index;
