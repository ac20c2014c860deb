"""Checking a document as the commands do, without publishing it."""

from __future__ import annotations

from pathlib import Path

from bot.app.config.criteria import check_against
from bot.app.config.published import read_document
from bot.runtime.documents import catalogs_of
from connector.cache.engine import Database


def check_document(database: Database, path: Path) -> None:
    """Raise what `bellwether config check` says of a file."""
    document = read_document(path.read_text(encoding="utf-8"), str(path))
    document.refuse(check_against(document.configuration, catalogs_of(database, document.configuration)))
