"""Checking a document as the commands do, without publishing it."""

from __future__ import annotations

from pathlib import Path

from bot.app.config import read_document
from bot.app.config_criteria import check_against
from bot.runtime.documents import catalogs_of
from connector.cache.engine import Database


def check_document(database: Database, path: Path) -> None:
    """Raise what `bellwether config check` says of a file."""
    document = read_document(path.read_text(encoding="utf-8"), str(path))
    document.refuse(check_against(document.configuration, catalogs_of(database, document.configuration)))
