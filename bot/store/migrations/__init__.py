"""The schema's versions, for SQLite and PostgreSQL alike."""
