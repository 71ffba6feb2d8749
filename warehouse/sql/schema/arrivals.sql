CREATE TABLE IF NOT EXISTS arrivals (account TEXT NOT NULL, comment_id TEXT NOT NULL, item TEXT NOT NULL,
    received REAL NOT NULL, batch TEXT, is_stored INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (account, comment_id));
CREATE TABLE IF NOT EXISTS requests (signature TEXT PRIMARY KEY, received REAL NOT NULL) WITHOUT ROWID;
