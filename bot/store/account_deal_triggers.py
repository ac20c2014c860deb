"""SQLite's triggers that keep the sums of large accounts right, whoever writes deals.

They cost a row of an account that is not added up a look into an index. They are made when the first account
is added up and not before: a first sync writes without them. A migration that makes a table anew takes its
triggers along; whoever uses the sums looks whether all are there.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from bot.store.triggers import triggers
from scoring.criteria.bounds import LOW_BITS

_SAID = ("account_id", "stage", "occurred_on", "amount_minor")
_LOW = (1 << LOW_BITS) - 1


def _note(row: str, sign: str) -> str:
    """A row for one deal that came (``+``) or went (``-``)."""
    amount = f"coalesce({row}.amount_minor, 0)"
    numbers = ("1", f"({amount} < 0)", f"({amount} >> {LOW_BITS})", f"({amount} & {_LOW})")
    return (
        "BEGIN INSERT INTO account_deals (account_id, stage, day, deals, given_back, upper, lower) "  # noqa: S608
        f"VALUES ({row}.account_id, {row}.stage, {row}.occurred_on, "
        f"{', '.join(sign + one for one in numbers)}); END"
    )


def _is_added_up(row: str) -> str:
    return f"EXISTS (SELECT 1 FROM account_deals WHERE account_id = {row}.account_id)"  # noqa: S608 -- our own


_CHANGE = f"AFTER UPDATE OF {', '.join(_SAID)} ON crm_transaction WHEN"
_DIFFERS = " OR ".join(f"OLD.{one} IS NOT NEW.{one}" for one in _SAID)
_TRIGGERS = {
    "account_deal_added": f"AFTER INSERT ON crm_transaction WHEN {_is_added_up('NEW')} {_note('NEW', '+')}",
    "account_deal_left": f"{_CHANGE} ({_DIFFERS}) AND {_is_added_up('OLD')} {_note('OLD', '-')}",
    "account_deal_came": f"{_CHANGE} ({_DIFFERS}) AND {_is_added_up('NEW')} {_note('NEW', '+')}",
    "account_deal_removed": f"AFTER DELETE ON crm_transaction WHEN {_is_added_up('OLD')} {_note('OLD', '-')}",
}


def are_watched(connection: Connection) -> bool:
    """Whether changes of deals are noted. PostgreSQL's triggers come with the schema."""
    return connection.dialect.name == "postgresql" or _TRIGGERS.keys() <= triggers(connection)


def watch(connection: Connection) -> None:
    """Make the triggers that are missing.

    Args:
        connection: to SQLite, in a transaction that writes; nothing is added up yet.
    """
    for name, body in _TRIGGERS.items():
        connection.execute(text(f"CREATE TRIGGER IF NOT EXISTS {name} {body}"))
