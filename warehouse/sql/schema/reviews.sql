CREATE TABLE IF NOT EXISTS reviews (
    comment_id TEXT NOT NULL, reviewer TEXT NOT NULL, labels TEXT NOT NULL, flags TEXT NOT NULL,
    model TEXT NOT NULL, policy TEXT NOT NULL, reviewed_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f')),
    PRIMARY KEY (comment_id, reviewer)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS drawn (
    comment_id TEXT PRIMARY KEY, night TEXT NOT NULL, chance REAL NOT NULL, place REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS calibrations (
    kind TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, label TEXT NOT NULL, model TEXT NOT NULL,
    shift REAL NOT NULL, slope REAL NOT NULL, error REAL NOT NULL, reviewed INTEGER NOT NULL, share REAL NOT NULL,
    people REAL NOT NULL, first_day TEXT NOT NULL, last_day TEXT NOT NULL,
    made_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%S')), PRIMARY KEY (kind, name, version, label)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS left_out (reviewer TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS skipped (comment_id TEXT, reviewer TEXT, PRIMARY KEY (comment_id, reviewer)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS claims (comment_id TEXT PRIMARY KEY, reviewer TEXT NOT NULL, at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS put_aside (item TEXT, person TEXT, until TEXT, PRIMARY KEY (item, person)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS assigned (item TEXT PRIMARY KEY, person TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS annotations (
    id INTEGER PRIMARY KEY, day TEXT NOT NULL, account TEXT NOT NULL, text TEXT NOT NULL, person TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS notes (
    id INTEGER PRIMARY KEY, comment_id TEXT NOT NULL, text TEXT NOT NULL, person TEXT NOT NULL,
    at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%S'))
);
CREATE TABLE IF NOT EXISTS said_attacked (
    comment_id TEXT, person TEXT, attacked TEXT NOT NULL, PRIMARY KEY (comment_id, person)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS handled (
    comment_id TEXT, how TEXT, person TEXT NOT NULL, account TEXT NOT NULL, posted_at TEXT NOT NULL,
    at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%S')), PRIMARY KEY (comment_id, how)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS handed (
    comment_id TEXT, person TEXT, giver TEXT NOT NULL, at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%S')),
    PRIMARY KEY (comment_id, person)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bookmarks (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, path TEXT NOT NULL, search TEXT NOT NULL, owner TEXT NOT NULL,
    tags TEXT NOT NULL, is_shared INTEGER NOT NULL, UNIQUE (owner, name)
);
CREATE TABLE IF NOT EXISTS subscriptions (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL, search TEXT NOT NULL, owner TEXT NOT NULL, email TEXT NOT NULL,
    every TEXT NOT NULL, made_on TEXT NOT NULL DEFAULT (date()), UNIQUE (owner, email, path, search, every)
);
CREATE TABLE IF NOT EXISTS sent (
    subscription INTEGER NOT NULL, last_day TEXT NOT NULL, at TEXT NOT NULL DEFAULT current_timestamp,
    PRIMARY KEY (subscription, last_day)
) WITHOUT ROWID;
