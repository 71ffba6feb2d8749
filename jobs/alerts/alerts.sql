CREATE TABLE IF NOT EXISTS alerts (
    key TEXT PRIMARY KEY, night TEXT NOT NULL, rule TEXT NOT NULL, account TEXT, label TEXT, subject TEXT,
    message TEXT NOT NULL, link TEXT NOT NULL, found_at TEXT NOT NULL DEFAULT current_timestamp
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries (
    key TEXT NOT NULL, channel TEXT NOT NULL, sent_at TEXT NOT NULL DEFAULT current_timestamp, PRIMARY KEY (key, channel)
) WITHOUT ROWID;
