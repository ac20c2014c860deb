"""Triggers that keep the sums of large accounts right, whoever writes deals.

They cost a row of an account that is not added up a look into an index, and are made when the first account
is added up.
"""

from __future__ import annotations

from types import MappingProxyType

from sqlalchemy import Connection

from bot.store.triggers import OfStatement, TriggerFamily, make, on_change_of
from scoring.criteria.bounds import LOW_BITS

_SAID = ("account_id", "stage", "occurred_on", "amount_minor")
_LOW = (1 << LOW_BITS) - 1
_INTO = "INSERT INTO account_deals (account_id, stage, day, deals, given_back, upper, lower)"


def _note(row: str, sign: str) -> str:
    """A row for one deal that came (``+``) or went (``-``)."""
    amount = f"coalesce({row}.amount_minor, 0)"
    numbers = ("1", f"({amount} < 0)", f"({amount} >> {LOW_BITS})", f"({amount} & {_LOW})")
    return (
        f"BEGIN {_INTO} VALUES ({row}.account_id, {row}.stage, {row}.occurred_on, "
        f"{', '.join(sign + one for one in numbers)}); END"
    )


def _is_added_up(row: str) -> str:
    return f"EXISTS (SELECT 1 FROM account_deals WHERE account_id = {row}.account_id)"  # noqa: S608 -- our own


_CHANGE = on_change_of("crm_transaction", _SAID)
_OF_SQLITE = {
    "account_deal_added": f"AFTER INSERT ON crm_transaction WHEN {_is_added_up('NEW')} {_note('NEW', '+')}",
    "account_deal_left": f"{_CHANGE} AND {_is_added_up('OLD')} {_note('OLD', '-')}",
    "account_deal_came": f"{_CHANGE} AND {_is_added_up('NEW')} {_note('NEW', '+')}",
    "account_deal_removed": f"AFTER DELETE ON crm_transaction WHEN {_is_added_up('OLD')} {_note('OLD', '-')}",
}


def _all_of(row: str, sign: int, joined: str) -> str:
    columns = ", ".join(f"{row}.{one}" for one in _SAID)
    return f"SELECT {sign} AS sign, {columns} FROM {joined}"  # noqa: S608 -- our own names


def _noted(event: str, rows: str) -> OfStatement:
    """Sums over rows of ``sign`` and a deal."""
    amount = "coalesce(r.amount_minor, 0)"
    body = (
        f"{_INTO} SELECT r.account_id, r.stage, r.occurred_on, sum(r.sign), "  # noqa: S608 -- our own names
        f"sum(CASE WHEN {amount} < 0 THEN r.sign ELSE 0 END), sum(r.sign * ({amount} >> {LOW_BITS})), "
        f"sum(r.sign * ({amount} & {_LOW})) FROM ({rows}) AS r "
        # A look into the index for each row: to join them PostgreSQL might read all the sums.
        "WHERE (SELECT true FROM account_deals k WHERE k.account_id = r.account_id LIMIT 1) "
        "GROUP BY r.account_id, r.stage, r.occurred_on"
    )
    return OfStatement(event, "crm_transaction", body)


_BEFORE, _AFTER = (", ".join(f"{row}.{one}" for one in _SAID) for row in "on")
_CHANGED = f"old_rows o JOIN new_rows n ON n.id = o.id WHERE ({_BEFORE}) IS DISTINCT FROM ({_AFTER})"
TRIGGERS = TriggerFamily(
    "account deals",
    MappingProxyType(_OF_SQLITE),
    MappingProxyType(
        {
            "account_deal_added": _noted("INSERT", _all_of("n", 1, "new_rows n")),
            "account_deal_changed": _noted(
                "UPDATE", f"{_all_of('o', -1, _CHANGED)} UNION ALL {_all_of('n', 1, _CHANGED)}"
            ),
            "account_deal_removed": _noted("DELETE", _all_of("o", -1, "old_rows o")),
        }
    ),
)


def are_watched(connection: Connection) -> bool:
    """Whether changes of deals are noted."""
    return TRIGGERS.are_made(connection)


def watch(connection: Connection) -> None:
    """Make the triggers.

    Args:
        connection: in a transaction that writes, on PostgreSQL while nobody else writes deals; nothing is
            added up yet.
    """
    for portion in TRIGGERS.portions(connection.dialect.name):
        make(connection, portion)
