-- Service levels of the last 30 nights, the worst first.
SELECT level, account, nights, missed, kept, promised, budget_left FROM service_levels($at::TIMESTAMPTZ)
ORDER BY level DESC, budget_left, account;
