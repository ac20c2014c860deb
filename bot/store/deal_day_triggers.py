"""SQLite's triggers that mark the days whose deals have changed, whoever writes.

They cost some 15 microseconds a row, so they are made when the deals are first added up and not before: a
first sync writes without them. A migration that makes a table anew takes its triggers along; whoever uses
sums looks whether all are there.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from bot.store.triggers import triggers

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
_CHANGE = f"AFTER UPDATE OF {', '.join(_SAID)} ON crm_transaction WHEN"
_DIFFERS = " OR ".join(f"OLD.{one} IS NOT NEW.{one}" for one in _SAID)
_TRIGGERS = {
    "deal_added": f"AFTER INSERT ON crm_transaction WHEN {_unmarked('NEW')} {_mark('NEW')}",
    "deal_changed": f"{_CHANGE} ({_DIFFERS}) AND {_unmarked('NEW')} {_mark('NEW')}",
    "deal_moved": f"{_CHANGE} OLD.occurred_on IS NOT NEW.occurred_on AND {_unmarked('OLD')} {_mark('OLD')}",
    "deal_removed": f"AFTER DELETE ON crm_transaction WHEN {_unmarked('OLD')} {_mark('OLD')}",
    "deal_account_added": f"AFTER INSERT ON crm_account BEGIN {_mark_all_of('NEW.id')} END",
    "deal_account_removed": f"AFTER DELETE ON crm_account BEGIN {_mark_all_of('OLD.id')} END",
}


def are_watched(connection: Connection) -> bool:
    """Whether changes of deals are marked. PostgreSQL's triggers come with the schema."""
    return connection.dialect.name == "postgresql" or _TRIGGERS.keys() <= triggers(connection)


def watch(connection: Connection) -> None:
    """Make the triggers that are missing, and mark every day there is.

    Args:
        connection: to SQLite, in a transaction that writes.
    """
    for name, body in _TRIGGERS.items():
        connection.execute(text(f"CREATE TRIGGER IF NOT EXISTS {name} {body}"))
    every = "INSERT INTO deal_day_mark (day) SELECT DISTINCT occurred_on FROM crm_transaction"
    connection.execute(text(every))
