"""One module a platform: the Apify actors it needs and how one of their items becomes our comment."""
