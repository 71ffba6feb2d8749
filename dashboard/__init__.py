"""What people see: pages, figures and the JSON API over the published warehouse."""
