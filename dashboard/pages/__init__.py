"""A page is a module with TITLE and layout(answers, view)."""
