"""Trouble on purpose, as SQLite is tried: power that fails, disks that fail, memory that ends, and input made up."""
