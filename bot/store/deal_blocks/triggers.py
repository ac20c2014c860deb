"""The triggers that mark accounts whose deals change, or that come or go, whoever writes.

They are made with the first blocks, on both databases: until then nobody pays for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import Connection, text

from bot.store.triggers import make, on_change_of, triggers

_SAID = ("account_id", "stage", "occurred_on", "amount_minor")
MOST_MARKED = 5_000  # accounts by one statement on PostgreSQL; more of them are marked as many


def _mark(row: str, key: str) -> str:
    """What follows a condition on SQLite: that the account has no mark yet, and to give it one."""
    return (
        f"{row}.{key} IS NOT NULL AND NOT EXISTS "  # noqa: S608 -- our own names
        f"(SELECT 1 FROM deal_block_mark WHERE account = {row}.{key}) "
        f"BEGIN INSERT INTO deal_block_mark (account) VALUES ({row}.{key}); END"
    )


_CHANGE = on_change_of("crm_transaction", _SAID)
_OF_SQLITE: Mapping[str, str] = MappingProxyType(
    {
        "deal_block_added": f"AFTER INSERT ON crm_transaction WHEN {_mark('NEW', 'account_id')}",
        "deal_block_came": f"{_CHANGE} AND {_mark('NEW', 'account_id')}",
        "deal_block_left": f"{_CHANGE} AND {_mark('OLD', 'account_id')}",
        "deal_block_removed": f"AFTER DELETE ON crm_transaction WHEN {_mark('OLD', 'account_id')}",
        "deal_block_account_added": f"AFTER INSERT ON crm_account WHEN {_mark('NEW', 'id')}",
        "deal_block_account_removed": f"AFTER DELETE ON crm_account WHEN {_mark('OLD', 'id')}",
    }
)
_BEFORE, _AFTER = (", ".join(f"{row}.{one}" for one in _SAID) for row in "on")
_NEW, _OLD = "NEW TABLE AS new_rows", "OLD TABLE AS old_rows"
# A row whose own id has changed has no counterpart.
_CHANGED = (
    "SELECT unnest(ARRAY[o.account_id, n.account_id]) AS account FROM old_rows o "  # noqa: S608
    f"FULL JOIN new_rows n ON n.id = o.id WHERE ({_BEFORE}) IS DISTINCT FROM ({_AFTER})"
)
# Once for a statement. Name -> when it fires, which rows it sees, the accounts that it marks.
OF_POSTGRESQL: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "deal_block_added": (
            "INSERT ON crm_transaction",
            _NEW,
            "SELECT account_id AS account FROM new_rows",
        ),
        "deal_block_changed": ("UPDATE ON crm_transaction", f"{_OLD} {_NEW}", _CHANGED),
        "deal_block_removed": (
            "DELETE ON crm_transaction",
            _OLD,
            "SELECT account_id AS account FROM old_rows",
        ),
        "deal_block_account_added": ("INSERT ON crm_account", _NEW, "SELECT id AS account FROM new_rows"),
        "deal_block_account_removed": ("DELETE ON crm_account", _OLD, "SELECT id AS account FROM old_rows"),
    }
)


def are_watched(connection: Connection) -> bool:
    """Whether changes are marked."""
    wanted = _OF_SQLITE if connection.dialect.name == "sqlite" else OF_POSTGRESQL
    return wanted.keys() <= triggers(connection)


def watch(connection: Connection) -> None:
    """Make the triggers. On PostgreSQL it waits for those who write deals or accounts.

    Args:
        connection: in a transaction that writes; no blocks hold yet.
    """
    if connection.dialect.name == "sqlite":
        make(connection, _OF_SQLITE)
        return
    for name, (event, rows, accounts) in OF_POSTGRESQL.items():
        connection.execute(
            text(
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ "  # noqa: S608
                "DECLARE found text[]; BEGIN "
                f"SELECT array_agg(DISTINCT account) FROM ({accounts}) AS told WHERE account IS NOT NULL "
                "INTO found; "
                f"IF cardinality(found) > {MOST_MARKED} THEN "
                "INSERT INTO deal_block_mark (account) VALUES (NULL); "
                "ELSIF found IS NOT NULL THEN "
                "INSERT INTO deal_block_mark (account) SELECT unnest(found); "
                "END IF; RETURN NULL; END $$"
            )
        )
        connection.execute(
            text(
                f"CREATE OR REPLACE TRIGGER {name} AFTER {event} REFERENCING {rows} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
            )
        )
