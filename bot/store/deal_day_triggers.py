"""SQLite's triggers that mark the days whose deals have changed, whoever writes.

They cost some 15 microseconds a row, and are made when the deals are first added up.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from bot.store.triggers import are_made, make, on_change_of

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
_TRIGGERS = {
    "deal_added": f"AFTER INSERT ON crm_transaction WHEN {_unmarked('NEW')} {_mark('NEW')}",
    "deal_changed": f"{_CHANGE} AND {_unmarked('NEW')} {_mark('NEW')}",
    "deal_moved": f"{_MOVE} AND {_unmarked('OLD')} {_mark('OLD')}",
    "deal_removed": f"AFTER DELETE ON crm_transaction WHEN {_unmarked('OLD')} {_mark('OLD')}",
    "deal_account_added": f"AFTER INSERT ON crm_account BEGIN {_mark_all_of('NEW.id')} END",
    "deal_account_removed": f"AFTER DELETE ON crm_account BEGIN {_mark_all_of('OLD.id')} END",
}


def are_watched(connection: Connection) -> bool:
    """Whether changes of deals are marked. PostgreSQL's triggers come with the schema."""
    return are_made(connection, _TRIGGERS)


def watch(connection: Connection) -> None:
    """Make the triggers that are missing, and mark every day there is.

    Args:
        connection: to SQLite, in a transaction that writes.
    """
    make(connection, _TRIGGERS)
    every = "INSERT INTO deal_day_mark (day) SELECT DISTINCT occurred_on FROM crm_transaction"
    connection.execute(text(every))
