-- Scores, languages, lengths or volume of the night's day that are otherwise than in the four weeks before.
SELECT platform || '/' || account AS account, label, NULL AS subject,
    CASE label WHEN 'volume' THEN format('{} comments, where {:.0f} are usual', comments, usual)
    ELSE format('{} are spread otherwise than in the four weeks before (PSI {:.2f})', CASE label WHEN 'language' THEN 'languages'
        WHEN 'length' THEN 'lengths' ELSE 'scores of ' || replace(label, '_', ' ') END, psi) END AS said
FROM drift JOIN champion USING (model)
WHERE day = $night::DATE AND is_shift AND greatest(comments, usual) >= $least_comments ORDER BY psi DESC NULLS LAST;
