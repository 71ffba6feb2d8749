-- Which of these comments match the filters.
SELECT comment_id FROM comments_like($first, $last, $only, $places, $language, $severity, $flag, $attacked, $review, $words, among := $among, directed := $directed)
WHERE comment_id IN (SELECT unnest($ids::VARCHAR[]));
