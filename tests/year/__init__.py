"""A year of nights in which everything goes wrong, and what is promised nevertheless."""
