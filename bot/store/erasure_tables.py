"""The table of erasures: who is gone and has to be forgotten, noted by the database itself.

A trigger notes every account and contact that leaves the copy, whoever removes it, with the names that are
looked for in free text; what is noted is forgotten everywhere and the names with it (``bot.store.erasing``).
Somebody who was erased by command stays noted, by the id alone, and does not get into the copy again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column, Connection, String, event, text
from sqlmodel import Field, SQLModel

# Imported for its effect on the metadata: the naming convention stands before the first table.
from bot.store import tables  # noqa: F401
from bot.store.triggers import triggers
from connector.cache.types import instant_column, text_column

KINDS = {"account": ("crm_account", "NULL", "NULL"), "contact": ("crm_contact", "account_id", "email")}


class ErasureRow(SQLModel, table=True):
    """An account or contact that is to be forgotten; ``erased_at`` says when it was.

    ``cause``: ``gone`` (from the copy), ``confirmed`` (so, by a person), ``command`` (kept out from then on).
    """

    __tablename__: ClassVar[Any] = "erasure"
    kind: str = Field(sa_column=Column(String(20), primary_key=True))  # account | contact
    record_id: str = Field(sa_column=Column(String(32), primary_key=True))
    cause: str = Field(sa_column=Column(String(20), nullable=False))
    account_id: str | None = text_column()  # of a contact
    name: str | None = text_column()
    email: str | None = text_column()
    erased_at: datetime | None = instant_column()


def statements(dialect: str) -> list[str]:
    """What makes the triggers that note who is gone."""
    made: list[str] = []
    for kind, (table, account, email) in KINDS.items():
        name = f"{kind}_gone"
        columns = "(kind, record_id, cause, account_id, name, email)"
        if dialect == "sqlite":
            old = [f"OLD.{one}" if one != "NULL" else one for one in ("id", account, "name", email)]
            values = f"'{kind}', {old[0]}, 'gone', {old[1]}, {old[2]}, {old[3]}"
            made.append(
                f"CREATE TRIGGER IF NOT EXISTS {name} AFTER DELETE ON {table} BEGIN "  # noqa: S608 -- our own
                f"INSERT INTO erasure {columns} SELECT {values} "
                "WHERE NOT EXISTS (SELECT 1 FROM erasure "
                f"WHERE kind = '{kind}' AND record_id = OLD.id); END"
            )
            continue
        made.append(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger "  # noqa: S608 -- our own names
            "LANGUAGE plpgsql AS $$ BEGIN "
            f"INSERT INTO erasure {columns} "
            f"SELECT '{kind}', id, 'gone', {account}, name, {email} FROM old_rows "
            "ON CONFLICT DO NOTHING; RETURN NULL; END $$"
        )
        made.append(
            f"CREATE OR REPLACE TRIGGER {name} AFTER DELETE ON {table} REFERENCING OLD TABLE AS old_rows "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
    return made


def watch(connection: Connection) -> None:
    """Make the triggers if one is missing: a migration that makes a table anew takes SQLite's along."""
    if not {f"{kind}_gone" for kind in KINDS} <= triggers(connection):
        for one in statements(connection.dialect.name):
            connection.execute(text(one))


@event.listens_for(SQLModel.metadata, "after_create")
def _with_the_tables(_target: Any, connection: Connection, **more: Any) -> None:
    made = {one.name for one in more.get("tables") or ()}
    if {"erasure", *(table for table, *_ in KINDS.values())} <= made:
        watch(connection)
