-- Which comments have no scores because the model was not judged in their language?
SELECT language, sum(comments)::BIGINT AS comments FROM languages_judged WHERE NOT is_judged GROUP BY ALL ORDER BY comments DESC;
