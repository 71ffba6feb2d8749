"""Where nights lie: folders that are absent or whole, their raw files and columns, the mirror, the tombstones."""
