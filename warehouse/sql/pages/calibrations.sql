-- The calibrations that apply, by section and category, with the share before and what people found.
SELECT k.kind, k.name, k.version, k.label, k.made_at, k.reviewed, k.share, k.people, k.shift, k.slope, k.first_day, k.last_day,
    m.model IS NOT NULL AS is_in_use
FROM calibrations_in_use k LEFT JOIN champion m USING (model) ORDER BY k.kind, k.name, k.share DESC;
