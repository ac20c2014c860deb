"""What Alembic does for us: migrations, and the comparison of tables with those of a database."""

from __future__ import annotations

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection
from sqlmodel import SQLModel

from bot.store.schema import MIGRATIONS
from connector.cache.engine import Database


def differences(connection: Connection) -> list[object]:
    """What the tables of the database lack against those of the program; empty when they agree."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, SQLModel.metadata))


def write_revision(database: Database, message: str, number: str) -> None:
    """For developers: write the next migration from what the tables have more than the database."""
    with database.writes.begin() as connection:
        command.revision(config_for(connection), message, autogenerate=True, rev_id=number)


def upgrade(connection: Connection) -> None:
    """Bring the database to the newest schema."""
    command.upgrade(config_for(connection), "head")


def config_for(connection: Connection) -> Config:
    """What Alembic is told: where the migrations are, and the connection that it is to use."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
