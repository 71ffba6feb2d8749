"""Configuration: environment variables, targets.toml, and strict reading of TOML files."""
