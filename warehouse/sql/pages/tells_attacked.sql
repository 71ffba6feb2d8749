-- Whether the model in use tells whom a comment attacks.
SELECT count(*) > 0 AS tells FROM by_attacked;
