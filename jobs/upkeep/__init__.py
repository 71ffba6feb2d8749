"""What keeps the data right for years: expiry, erasure, keys, backups, new models, a health check."""
