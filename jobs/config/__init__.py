"""What people set: the environment, targets.toml, and how their TOML files are read."""
