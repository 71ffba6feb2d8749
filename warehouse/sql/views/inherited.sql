-- Descriptions for view columns that have none: from a view column of the same name, else from a table's; never from a stable view, whose words stay.
WITH documented AS (
    SELECT c.column_name, arg_min(c.comment, (t.table_oid IS NOT NULL, c.table_oid)) AS description
    FROM duckdb_columns() c LEFT JOIN duckdb_tables() t USING (table_oid)
    WHERE NOT c.internal AND c.comment NOT LIKE 'see %' AND NOT starts_with(c.table_name, 'v1_') GROUP BY c.column_name
)
SELECT v.view_name, c.column_name, documented.description
FROM duckdb_views() v JOIN duckdb_columns() c ON c.table_oid = v.view_oid JOIN documented USING (column_name)
WHERE NOT v.internal AND c.comment IS NULL;
