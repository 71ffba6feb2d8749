"""What people see: one ASGI process with the pages and the JSON API, over the published warehouse."""
