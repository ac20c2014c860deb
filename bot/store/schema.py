"""Bringing the database to this release's schema, and saying whether it is there."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlmodel import SQLModel

from bot.app.errors import ConfigurationError
from bot.store.locks import take_turn
from connector.cache.engine import Database, open_database
from connector.cache.folding import create_fold_function

MIGRATIONS = Path(__file__).parent / "migrations"


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
            known = ScriptDirectory(str(MIGRATIONS))
            present = revision(connection)
            if present is not None and present not in {one.revision for one in known.walk_revisions()}:
                raise ConfigurationError(
                    f"The database has schema {present}, which this release does not know.",
                    "Start the newer release that made it.",
                )
            if present != known.get_current_head():
                create_fold_function(None, connection)
                command.upgrade(_config(connection), "head")
    except OperationalError as error:
        # The driver's own words; the URL, which holds a password, is not among them.
        reason = str(error.orig).strip().splitlines()[0]
        raise ConfigurationError(
            f"The database cannot be opened: {reason}.", "Check BELLWETHER_DATABASE_URL."
        ) from None


def revision(connection: Connection) -> str | None:
    """The schema's version; None for an empty database."""
    return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """The schema's version that this release works with."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def differences(connection: Connection) -> list[object]:
    """What the tables of the database lack against those of the program; empty when they agree."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, SQLModel.metadata))


def write_revision(database: Database, message: str, number: str) -> None:
    """For developers: write the next migration from what the tables have more than the database."""
    with database.writes.begin() as connection:
        command.revision(_config(connection), message, autogenerate=True, rev_id=number)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
