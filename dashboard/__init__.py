"""What people see: the pages and the JSON API over the published warehouse, in one ASGI process."""
