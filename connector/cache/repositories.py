"""Reading the local copy and noting what scoring has dealt with. Values come out; rows stay here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select

from connector.cache.tables import (
    OrganisationRow,
    SyncCursorRow,
    SyncRunRow,
    TouchedAccountRow,
    UserRow,
    table_of,
)
from connector.ports import CrmUser, Organisation

_TOUCHED = table_of(TouchedAccountRow)
_CURSOR = table_of(SyncCursorRow)
_ORGANISATION = table_of(OrganisationRow)
_RUN = table_of(SyncRunRow)
_USER = table_of(UserRow)


@dataclass(frozen=True, slots=True)
class TouchedAccount:
    """An account whose facts may have changed, and when that was noted."""

    account_id: str
    touched_at: datetime


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old the copy is.

    Attributes:
        as_of: every change in the CRM before this instant is in the copy. None while a module that is in
            the copy has not been read to its end once, or nothing was read at all.
        modules: the same for each module.
    """

    as_of: datetime | None
    modules: Mapping[str, datetime | None]


@dataclass(frozen=True, slots=True)
class SyncRun:
    """One sync. ``status`` is running, done or failed; ``report`` is the JSON text of its report."""

    id: int
    started_at: datetime
    finished_at: datetime | None
    status: str
    report: str | None
    error: str | None


def touched_accounts(connection: Connection, limit: int = 1000) -> tuple[TouchedAccount, ...]:
    """Accounts that wait to be scored, the longest waiting first."""
    statement = (
        select(_TOUCHED.c.account_id, _TOUCHED.c.touched_at)
        .order_by(_TOUCHED.c.touched_at, _TOUCHED.c.account_id)
        .limit(limit)
    )
    return tuple(TouchedAccount(*row) for row in connection.execute(statement))


def touched_count(connection: Connection) -> int:
    """How many accounts wait to be scored."""
    return connection.execute(select(func.count()).select_from(_TOUCHED)).scalar_one()


def clear_touched(connection: Connection, done: Sequence[TouchedAccount]) -> None:
    """Take accounts off the list that were scored. One that was touched again meanwhile stays on it."""
    if done:
        connection.execute(
            delete(_TOUCHED).where(
                _TOUCHED.c.account_id == bindparam("b_id"), _TOUCHED.c.touched_at == bindparam("b_at")
            ),
            [{"b_id": one.account_id, "b_at": one.touched_at} for one in done],
        )


def freshness(connection: Connection) -> Freshness:
    """How old the copy is."""
    rows = connection.execute(select(_CURSOR.c.module, _CURSOR.c.high_water)).all()
    modules: dict[str, datetime | None] = {row.module: row.high_water for row in rows}
    complete = [instant for instant in modules.values() if instant is not None]
    return Freshness(min(complete) if rows and len(complete) == len(modules) else None, modules)


def organisation(connection: Connection) -> Organisation | None:
    """The organisation that the copy holds; None before the first sync."""
    table = _ORGANISATION.c
    row = connection.execute(
        select(
            table.id,
            table.name,
            table.time_zone,
            table.currency,
            table.domain,
            table.edition,
            table.user_licences,
            table.several_currencies,
            table.read_at,
        ).limit(1)
    ).one_or_none()
    return Organisation(*row) if row is not None else None


def users(connection: Connection) -> dict[str, CrmUser]:
    """The CRM's users by id, inactive ones too."""
    names = tuple(CrmUser.__dataclass_fields__)
    rows = connection.execute(select(*(_USER.c[name] for name in names)))
    return {row.id: CrmUser(*row) for row in rows}


def last_sync_run(connection: Connection) -> SyncRun | None:
    """The latest sync, whether it ended or not."""
    statement = select(
        _RUN.c.id, _RUN.c.started_at, _RUN.c.finished_at, _RUN.c.status, _RUN.c.report, _RUN.c.error
    )
    row = connection.execute(statement.order_by(_RUN.c.id.desc()).limit(1)).one_or_none()
    return SyncRun(*row) if row is not None else None
