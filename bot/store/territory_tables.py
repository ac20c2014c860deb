"""The table of accounts' territories, which triggers keep: whoever writes an account writes them along.

A scope that goes by territories is never behind the copy. A migration that makes ``crm_account`` anew takes
SQLite's triggers along and has to make them again (``statements``); without them nobody is let in by
territory.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Column, Connection, String, event
from sqlmodel import Field, SQLModel

# Imported for its effect on the metadata: the naming convention stands before the first table.
from bot.store import tables  # noqa: F401
from bot.store.triggers import triggers

_WORD = '"Territories"'
_INTO = "INSERT INTO account_territory (account_id, territory_id)"


class AccountTerritoryRow(SQLModel, table=True):
    """An account in a territory. Nobody writes here: it follows what ``crm_account.raw`` says."""

    __tablename__: ClassVar[Any] = "account_territory"
    territory_id: str = Field(sa_column=Column(String(32), primary_key=True))
    account_id: str = Field(sa_column=Column(String(32), primary_key=True, index=True))


def _listed_sqlite(row: str) -> str:
    """Of a list, the ids of what are objects: a text is no JSON, and a name alone is no id."""
    return (
        f"SELECT DISTINCT {row}.id, json_extract(one.value, '$.id') FROM json_each(CASE "  # noqa: S608
        f"WHEN json_type({row}.raw, '$.Territories') = 'array' THEN {row}.raw ELSE '{{}}' END, "
        "'$.Territories') AS one WHERE one.type = 'object' AND json_extract(one.value, '$.id') IS NOT NULL"
    )


def _listed_postgresql(rows: str) -> str:
    return (
        "SELECT DISTINCT n.id, one.value ->> 'id' FROM "  # noqa: S608 -- our own names
        f"(SELECT id, raw::jsonb -> 'Territories' AS listed FROM {rows} "
        f"WHERE position('{_WORD}' IN raw) > 0) AS n "
        "CROSS JOIN LATERAL jsonb_array_elements("
        "CASE WHEN jsonb_typeof(n.listed) = 'array' THEN n.listed ELSE '[]'::jsonb END) AS one "
        "WHERE jsonb_typeof(one.value) = 'object' AND one.value ->> 'id' IS NOT NULL"
    )


def _forgotten(row: str) -> str:
    return f"DELETE FROM account_territory WHERE account_id = {row}.id"  # noqa: S608 -- our own names


_ON_SQLITE = {
    "territory_added": (
        f"AFTER INSERT ON crm_account WHEN instr(NEW.raw, '{_WORD}') > 0 "
        f"BEGIN {_INTO} {_listed_sqlite('NEW')}; END"
    ),
    "territory_changed": (
        "AFTER UPDATE OF raw ON crm_account WHEN OLD.raw IS NOT NEW.raw "
        f"AND (instr(OLD.raw, '{_WORD}') > 0 OR instr(NEW.raw, '{_WORD}') > 0) "
        f"BEGIN {_forgotten('OLD')}; {_INTO} {_listed_sqlite('NEW')}; END"
    ),
    "territory_removed": f"AFTER DELETE ON crm_account BEGIN {_forgotten('OLD')}; END",
}
_CHANGED = "(SELECT n.* FROM new_rows n JOIN old_rows o USING (id) WHERE o.raw IS DISTINCT FROM n.raw) AS c"
_ON_POSTGRESQL = {
    "territory_added": ("INSERT", "NEW TABLE AS new_rows", f"{_INTO} {_listed_postgresql('new_rows')}"),
    "territory_changed": (
        "UPDATE",
        "OLD TABLE AS old_rows NEW TABLE AS new_rows",
        (
            f"DELETE FROM account_territory WHERE account_id IN (SELECT id FROM {_CHANGED}); "  # noqa: S608
            f"{_INTO} {_listed_postgresql(_CHANGED)}"
        ),
    ),
    "territory_removed": (
        "DELETE",
        "OLD TABLE AS old_rows",
        "DELETE FROM account_territory WHERE account_id IN (SELECT id FROM old_rows)",
    ),
}


def statements(dialect: str) -> list[str]:
    """What makes the triggers."""
    if dialect == "sqlite":
        return [f"CREATE TRIGGER IF NOT EXISTS {name} {body}" for name, body in _ON_SQLITE.items()]
    made = []
    for name, (what, rows, body) in _ON_POSTGRESQL.items():
        made.append(
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {body}; RETURN NULL; END $$"
        )
        made.append(
            f"CREATE OR REPLACE TRIGGER {name} AFTER {what} ON crm_account REFERENCING {rows} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
    return made


def are_kept(connection: Connection) -> bool:
    """Whether the table follows the accounts."""
    return _ON_SQLITE.keys() <= triggers(connection)


@event.listens_for(SQLModel.metadata, "after_create")
def _with_the_tables(_target: Any, connection: Connection, **more: Any) -> None:
    made = {one.name for one in more.get("tables") or ()}
    if {"account_territory", "crm_account"} <= made:
        for one in statements(connection.dialect.name):
            # As the driver takes it: a colon in it is a cast, and no parameter.
            connection.exec_driver_sql(one)
