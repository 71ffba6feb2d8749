-- A night of the lake: files of its own, or rows of a month's files, which have a column `night`.
CREATE OR REPLACE TEMP MACRO of_night(files) AS TABLE
FROM read_parquet(files, hive_partitioning = false, union_by_name = true);
CREATE OR REPLACE TEMP MACRO of_month(files) AS TABLE
SELECT * EXCLUDE (night) FROM read_parquet(files, hive_partitioning = false, union_by_name = true)
WHERE night = getvariable('night');
