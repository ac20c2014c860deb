"""SQLite's triggers that keep the sums of large accounts right, whoever writes deals.

They cost a row of an account that is not added up a look into an index, and are made when the first account
is added up.
"""

from __future__ import annotations

from sqlalchemy import Connection

from bot.store.triggers import are_made, make, on_change_of
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


_CHANGE = on_change_of("crm_transaction", _SAID)
_TRIGGERS = {
    "account_deal_added": f"AFTER INSERT ON crm_transaction WHEN {_is_added_up('NEW')} {_note('NEW', '+')}",
    "account_deal_left": f"{_CHANGE} AND {_is_added_up('OLD')} {_note('OLD', '-')}",
    "account_deal_came": f"{_CHANGE} AND {_is_added_up('NEW')} {_note('NEW', '+')}",
    "account_deal_removed": f"AFTER DELETE ON crm_transaction WHEN {_is_added_up('OLD')} {_note('OLD', '-')}",
}


def are_watched(connection: Connection) -> bool:
    """Whether changes of deals are noted. PostgreSQL's triggers come with the schema."""
    return are_made(connection, _TRIGGERS)


def watch(connection: Connection) -> None:
    """Make the triggers that are missing.

    Args:
        connection: to SQLite, in a transaction that writes; nothing is added up yet.
    """
    make(connection, _TRIGGERS)
