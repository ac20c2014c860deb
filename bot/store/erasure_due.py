"""Who of those that are noted as gone is forgotten now: who waits, who is back, known by what names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Table, delete, func, or_, select

from bot.app.erasing import MOST_UNASKED, Gone, are_too_many
from bot.store.erasure_tables import ErasureRow
from bot.store.places import TABLES
from bot.store.score_rows import batches
from connector.cache.folding import fold
from connector.cache.tables import table_of

KEPT: Final[Mapping[str, Table]] = {"account": TABLES["crm_account"], "contact": TABLES["crm_contact"]}
_ERASURE = table_of(ErasureRow)


def held_back(connection: Connection) -> Mapping[str, int]:
    """How many wait for a person's word, by kind; contacts wait with accounts, too."""
    gone, living = dict.fromkeys(KEPT, 0), dict.fromkeys(KEPT, 0)
    unasked = (_ERASURE.c.erased_at.is_(None), _ERASURE.c.cause == "gone")
    counted = select(_ERASURE.c.kind, func.count()).where(*unasked).group_by(_ERASURE.c.kind)
    gone |= {kind: int(many) for kind, many in connection.execute(counted)}
    if any(gone.values()):
        counts = {kind: select(func.count()).select_from(table) for kind, table in KEPT.items()}
        living |= {kind: connection.execute(count).scalar_one() for kind, count in counts.items()}
    if are_too_many(gone["account"], living["account"]):
        return gone
    too_many = are_too_many(gone["contact"], living["contact"], MOST_UNASKED)
    return {"contact": gone["contact"]} if too_many else {}


def has_commanded(connection: Connection) -> bool:
    """Whether anybody was erased by command."""
    mine = select(_ERASURE.c.record_id).where(_ERASURE.c.cause == "command").limit(1)
    return connection.execute(mine).first() is not None


def forget_returned(connection: Connection) -> None:
    """Whoever is in the copy again was not gone."""
    for kind, table in KEPT.items():
        back = select(table.c.id).where(table.c.id == _ERASURE.c.record_id).correlate(_ERASURE).exists()
        mine = (_ERASURE.c.kind == kind, _ERASURE.c.cause != "command", back)
        connection.execute(delete(_ERASURE).where(*mine))


def known_gone(connection: Connection, rows: Sequence[Mapping[Any, Any]]) -> tuple[Gone, ...]:
    """With the names that nobody else bears who is still there: those speak of them just as well."""
    borne = {
        kind: bearers(connection, kind, [name for row in rows if row["kind"] == kind for name in _names(row)])
        for kind in KEPT
    }
    return tuple(
        Gone(
            row["kind"],
            row["record_id"],
            row["account_id"],
            tuple(
                one
                for one in _names(row)
                if not borne[row["kind"]].get(fold(one), set()) - {row["record_id"]}
            ),
            row["cause"] == "command",
        )
        for row in rows
    )


def bearers(connection: Connection, kind: str, names: Iterable[str]) -> Mapping[str, set[str]]:
    """The ids of those in the copy that bear some names or addresses, by the folded name.

    One look at the table, however many names there are: no index knows folded names.
    """
    own, wanted = KEPT[kind], sorted({fold(one) for one in names})
    columns = [own.c.name, *([own.c.email] if "email" in own.c else [])]
    found: dict[str, set[str]] = {}
    for some in batches(wanted):
        mine = or_(*(func.bw_fold(one).in_(some) for one in columns))
        for identifier, *borne in connection.execute(select(own.c.id, *columns).where(mine)):
            for one in borne:
                if one is not None:
                    found.setdefault(fold(one), set()).add(identifier)
    return found


def _names(row: Mapping[Any, Any]) -> list[str]:
    return [one for one in (row["name"], row["email"]) if one]
