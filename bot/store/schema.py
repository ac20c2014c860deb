"""Bringing the database to this release's schema, and saying whether it is there."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import ArgumentError, OperationalError

from bot.app.errors import ConfigurationError
from bot.store.locks import take_turn
from connector.cache.engine import Database, open_database
from connector.cache.folding import create_fold_function

MIGRATIONS = Path(__file__).parent / "migrations"
_KEPT_IN, _DIGITS = "alembic_version", len("0001")


def opened_at(address: str) -> Database:
    """The database at an address.

    Raises:
        ConfigurationError: it is no address, or of a kind of database that is not used here.
    """
    try:
        return open_database(address)
    except (ArgumentError, ImportError):
        raise ConfigurationError(
            "BELLWETHER_DATABASE_URL is not the address of a database.",
            "Write sqlite:///bellwether.sqlite, or postgresql+psycopg://user@host/name.",
        ) from None


def migrate(database: Database) -> None:
    """Upgrade to the newest schema; processes that start together take turns.

    Where there is nothing to do nobody waits: a run that is under way may hold the turn of writing for long.

    Raises:
        ConfigurationError: the database cannot be reached, or is of a later release than this program.
    """
    try:
        with database.reads.begin() as connection:
            if revision(connection) == head():
                return
        with database.writes.begin() as connection:
            take_turn(connection, "migrate")
            present = revision(connection)
            if present is not None and present not in _revisions():
                raise ConfigurationError(
                    f"The database has schema {present}, which this release does not know.",
                    "Start the newer release that made it.",
                )
            if present != head():
                # Imported by who needs it: it takes 12 MB, and mostly there is nothing to do.
                from bot.store.migrating import upgrade  # noqa: PLC0415

                create_fold_function(None, connection)
                upgrade(connection)
    except OperationalError as error:
        # The driver's own words; the URL, which holds a password, is not among them.
        reason = str(error.orig).strip().splitlines()[0]
        raise ConfigurationError(
            f"The database cannot be opened: {reason}.", "Check BELLWETHER_DATABASE_URL."
        ) from None


def revision(connection: Connection) -> str | None:
    """The schema's version; None for an empty database."""
    if not inspect(connection).has_table(_KEPT_IN):
        return None
    return connection.execute(text(f"SELECT version_num FROM {_KEPT_IN}")).scalar_one_or_none()  # noqa: S608


def head() -> str:
    """The schema's version that this release works with."""
    return max(_revisions())


def _revisions() -> frozenset[str]:
    """Every version: the migrations' files are called by them."""
    return frozenset(one.name[:_DIGITS] for one in (MIGRATIONS / "versions").glob("[0-9]*.py"))
