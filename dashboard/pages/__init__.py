"""A page is a module with TITLE and layout(answers, view); the address says which, and what of it."""
