-- How many comments of the period the shares speak of, and in which languages the others are.
SELECT language, sum(comments)::BIGINT AS comments, bool_or(is_judged) AS is_judged FROM languages_judged
WHERE day BETWEEN $first AND $last AND is_of(platform, account, $only) AND is_among(platform, account, $places)
GROUP BY ALL ORDER BY comments DESC, language;
