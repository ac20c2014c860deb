"""The application's own tables, and criteria compiled to SQL."""
