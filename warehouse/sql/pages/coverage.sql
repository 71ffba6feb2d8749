-- Coverage: share of the platform's comment count that we collected.
SELECT platform || '/' || account AS account, posts, captured, reported AS reported_by_platform, coverage FROM coverage ORDER BY coverage;
