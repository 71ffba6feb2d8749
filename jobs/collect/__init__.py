"""Where comments come from besides the nightly scrape, and how Apify is paid for it."""
