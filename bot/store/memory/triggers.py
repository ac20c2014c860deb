"""Triggers that mark the accounts whose rows change, whoever writes.

They cost each row some microseconds, and are made when the process that keeps house first looks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bot.store.triggers import OfStatement, TriggerFamily, marking_accounts, on_change_of

_EVENTS: Mapping[str, str] = MappingProxyType({"added": "INSERT", "changed": "UPDATE", "removed": "DELETE"})


@dataclass(frozen=True)
class _Watched:
    """Of a table the column with the account, those that are held, and its primary key."""

    account: str
    held: tuple[str, ...]
    own: tuple[str, ...] = ("id",)


_WATCHED: Mapping[str, _Watched] = MappingProxyType(
    {
        "crm_account": _Watched(
            "id",
            (
                *("id", "name", "industry", "annual_revenue_minor", "employees", "owner_id", "city", "state"),
                *("country", "kind", "created_at"),
            ),
        ),
        "score": _Watched(
            "account_id",
            (
                *("segmentation", "account_id", "r", "f", "m", "total", "label", "last_purchase"),
                *("purchases", "spend_minor"),
            ),
            own=("segmentation", "account_id"),
        ),
        "crm_transaction": _Watched(
            "account_id", ("account_id", "stage", "occurred_on", "amount_minor", "owner_id")
        ),
        "label_change": _Watched(
            "account_id",
            (
                *("segmentation", "account_id", "old_label", "new_label", "direction", "baseline", "as_of"),
                "ended_on",
            ),
        ),
    }
)


def _of_sqlite() -> Iterator[tuple[str, str]]:
    for table, watched in _WATCHED.items():
        new, old = (f"{row}.{watched.account}" for row in ("NEW", "OLD"))
        both = f"SELECT {new} WHERE {new} IS NOT NULL UNION SELECT {old} WHERE {old} IS NOT NULL"
        for what, head, rows in (
            ("added", f"AFTER INSERT ON {table} WHEN {new} IS NOT NULL", f"VALUES ({new})"),
            ("changed", on_change_of(table, watched.held), both),
            ("removed", f"AFTER DELETE ON {table} WHEN {old} IS NOT NULL", f"VALUES ({old})"),
        ):
            yield f"memory_{table}_{what}", f"{head} BEGIN INSERT INTO memory_mark (account) {rows}; END"


def _of_postgresql() -> Iterator[tuple[str, OfStatement]]:
    for table, watched in _WATCHED.items():
        for what, event in _EVENTS.items():
            marking = marking_accounts(
                "memory_mark", event, table, watched.account, watched.held, watched.own
            )
            yield f"memory_{table}_{what}", marking


TRIGGERS = TriggerFamily(
    "memory marks", MappingProxyType(dict(_of_sqlite())), MappingProxyType(dict(_of_postgresql()))
)
