"""Triggers that mark the days whose deals have changed, whoever writes.

They cost some 15 microseconds a row on SQLite, and are made when the deals are first added up.
"""

from __future__ import annotations

from types import MappingProxyType

from sqlalchemy import Connection, text

from bot.store.triggers import OfStatement, TriggerFamily, on_change_of
from bot.store.watching import begin_to_watch
from connector.cache.engine import Database

_SAID = ("occurred_on", "stage", "owner_id", "account_id", "amount_minor")


def _unmarked(row: str) -> str:
    return f"NOT EXISTS (SELECT 1 FROM deal_day_mark WHERE day IS {row}.occurred_on)"  # noqa: S608 -- our own


def _mark(row: str) -> str:
    return f"BEGIN INSERT INTO deal_day_mark (day) VALUES ({row}.occurred_on); END"  # noqa: S608 -- our own


def _mark_all_of(account: str) -> str:
    return (
        "INSERT INTO deal_day_mark (day) SELECT DISTINCT occurred_on FROM crm_transaction "  # noqa: S608
        f"WHERE account_id = {account};"
    )


# A condition of the trigger: within its statement it would fill a table for every row.
_CHANGE, _MOVE = on_change_of("crm_transaction", _SAID), on_change_of("crm_transaction", ("occurred_on",))
_OF_SQLITE = {
    "deal_added": f"AFTER INSERT ON crm_transaction WHEN {_unmarked('NEW')} {_mark('NEW')}",
    "deal_changed": f"{_CHANGE} AND {_unmarked('NEW')} {_mark('NEW')}",
    "deal_moved": f"{_MOVE} AND {_unmarked('OLD')} {_mark('OLD')}",
    "deal_removed": f"AFTER DELETE ON crm_transaction WHEN {_unmarked('OLD')} {_mark('OLD')}",
    "deal_account_added": f"AFTER INSERT ON crm_account BEGIN {_mark_all_of('NEW.id')} END",
    "deal_account_removed": f"AFTER DELETE ON crm_account BEGIN {_mark_all_of('OLD.id')} END",
}

# Once for a statement, however many rows it writes. Nothing is looked up among the marks: two transactions
# that write at the same time do not wait for each other.
_BEFORE, _AFTER = (", ".join(f"{row}.{one}" for one in _SAID) for row in "on")
_CHANGED = (
    "INSERT INTO deal_day_mark (day) SELECT DISTINCT day FROM ("  # noqa: S608 -- our own names
    "SELECT o.occurred_on AS before, n.occurred_on AS after FROM old_rows o JOIN new_rows n ON n.id = o.id "
    f"WHERE ({_BEFORE}) IS DISTINCT FROM ({_AFTER})"
    ") AS changed CROSS JOIN LATERAL (VALUES (before), (after)) AS each (day)"
)


def _days_of(rows: str) -> str:
    return f"INSERT INTO deal_day_mark (day) SELECT DISTINCT occurred_on FROM {rows}"  # noqa: S608 -- our own


def _days_of_accounts(rows: str, row: str) -> str:
    return (
        "INSERT INTO deal_day_mark (day) SELECT DISTINCT t.occurred_on FROM crm_transaction t "  # noqa: S608
        f"JOIN {rows} {row} ON {row}.id = t.account_id"
    )


TRIGGERS = TriggerFamily(
    "deal days",
    MappingProxyType(_OF_SQLITE),
    MappingProxyType(
        {
            "deal_added": OfStatement("INSERT", "crm_transaction", _days_of("new_rows")),
            "deal_changed": OfStatement("UPDATE", "crm_transaction", _CHANGED),
            "deal_removed": OfStatement("DELETE", "crm_transaction", _days_of("old_rows")),
            # The last ones: while every day is marked, deals may be written.
            "deal_account_added": OfStatement("INSERT", "crm_account", _days_of_accounts("new_rows", "n")),
            "deal_account_removed": OfStatement("DELETE", "crm_account", _days_of_accounts("old_rows", "o")),
        }
    ),
)


def are_watched(connection: Connection) -> bool:
    """Whether changes of deals are marked."""
    return TRIGGERS.are_made(connection)


def watch(database: Database) -> bool:
    """Make the triggers that are missing, and mark every day there is.

    Returns:
        Whether they are there: what ``begin_to_watch`` says.
    """
    return begin_to_watch(database, TRIGGERS, _mark_every_day)


def _mark_every_day(connection: Connection) -> None:
    """Also the days that have sums and no deals any more."""
    every = (
        "INSERT INTO deal_day_mark (day) SELECT DISTINCT occurred_on FROM crm_transaction "
        "UNION SELECT DISTINCT day FROM deal_day"
    )
    connection.execute(text(every))
