"""What SQLite and PostgreSQL say alike but SQLAlchemy keeps in two places."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite


def insert_or(dialect: str, table: Any) -> Any:
    """An INSERT that takes ON CONFLICT, for ``sqlite`` or ``postgresql``."""
    return (sqlite.insert if dialect == "sqlite" else postgresql.insert)(table)
