"""The pipeline of a night, in order: scrape, validate, clean, score, publish, monitor."""
