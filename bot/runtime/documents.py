"""Checking a configuration document against the organisation whose copy is held."""

from __future__ import annotations

from pathlib import Path

from bot.app.config import read_document
from bot.app.config_criteria import Catalogs, check_against
from bot.runtime.setup import read_text_of
from bot.store.catalog import account_catalog, transaction_catalog
from connector.cache.engine import Database


def check_document(database: Database, path: Path) -> str:
    """Read a configuration document and check it against the organisation's fields; its text.

    Raises:
        ConfigurationError: all problems, with file and line.
    """
    text = read_text_of(path)
    document = read_document(text, str(path))
    with database.reads.begin() as connection:
        catalogs = Catalogs(
            account_catalog(connection, document.configuration),
            transaction_catalog(connection, document.configuration),
        )
    document.refuse(check_against(document.configuration, catalogs))
    return text
