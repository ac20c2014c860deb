"""Who of those that are noted as gone is forgotten now: who waits for a person's word, and who is back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, Table, delete, func, select

from bot.app.erasing import MOST_UNASKED, are_too_many
from bot.store.erasure_tables import ErasureRow
from bot.store.places import TABLES
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
