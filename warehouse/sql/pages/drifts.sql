-- The largest shift of each day, for the accounts that shifted most, as a multiple of the significance limit, which is higher
-- where many are compared.
WITH moved AS (
    SELECT day, platform || '/' || account AS account, label, psi, psi / greatest(shift_from(), psi_by_chance) AS of_limit,
        if(is_shift, greatest(of_limit, 1), least(of_limit, 0.99)) AS moved, comments
    FROM drift JOIN champion USING (model)
    WHERE day BETWEEN $before AND $last AND comments_before IS NOT NULL AND psi IS NOT NULL
)
SELECT day, account, max(moved) AS moved, arg_max(label, moved) AS label, arg_max(psi, moved) AS psi, any_value(comments) AS comments
FROM moved SEMI JOIN (SELECT account FROM moved GROUP BY account ORDER BY max(moved) DESC LIMIT 20) USING (account)
GROUP BY ALL ORDER BY account, day;
