CREATE TABLE IF NOT EXISTS reviews (
    comment_id TEXT NOT NULL, reviewer TEXT NOT NULL, labels TEXT NOT NULL, flags TEXT NOT NULL,
    model TEXT NOT NULL, policy TEXT NOT NULL, reviewed_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f')),
    PRIMARY KEY (comment_id, reviewer)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS drawn (
    comment_id TEXT PRIMARY KEY, night TEXT NOT NULL, chance REAL NOT NULL, place REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS skipped (comment_id TEXT, reviewer TEXT, PRIMARY KEY (comment_id, reviewer)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS claims (comment_id TEXT PRIMARY KEY, reviewer TEXT NOT NULL, at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS put_aside (item TEXT, person TEXT, until TEXT, PRIMARY KEY (item, person)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS assigned (item TEXT PRIMARY KEY, person TEXT NOT NULL) WITHOUT ROWID;
