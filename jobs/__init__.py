"""What happens to a comment, in order: scrape, validate, clean, score, publish, monitor."""
