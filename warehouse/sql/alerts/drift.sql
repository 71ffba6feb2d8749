-- Scores, languages, lengths or volume of the day that differ from the four weeks before.
SELECT platform || '/' || account AS account, label, NULL AS subject,
    CASE label WHEN 'volume' THEN format('{} comment{}, usually {:.0f}', comments, if(comments = 1, '', 's'), usual)
    ELSE format('{} differ significantly from the four weeks before (PSI {:.2f})', CASE label WHEN 'language' THEN 'languages'
        WHEN 'length' THEN 'comment lengths' ELSE replace(label, '_', ' ') || ' scores' END, psi) END AS message
FROM drift JOIN champion USING (model)
WHERE day = $night::DATE AND is_shift AND greatest(comments, usual) >= $least_comments ORDER BY psi DESC NULLS LAST;
