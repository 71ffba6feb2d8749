-- What was captured of what the platform says it has.
SELECT platform || '/' || account AS account, posts, captured, said, coverage FROM coverage ORDER BY coverage;
