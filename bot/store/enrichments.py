"""What enrichment proposed and wrote: the ports ``Proposals`` and ``Writes``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, delete, insert, or_, select, update

from bot.app.enriching_fit import digest_of
from bot.app.enriching_values import NOT_SETTLED, FieldWrite, Proposed, ProposedField, Settled, WriteState
from bot.app.scope import seeing
from bot.store.dialect import insert_or
from bot.store.enrichment_tables import EnrichmentBatchRow, EnrichmentProposalRow, EnrichmentWriteRow
from bot.store.score_rows import batches
from bot.store.seen_accounts import seen_ids
from connector.cache.engine import Database
from connector.cache.tables import table_of
from connector.enrichment.values import Outcome, Technology

_proposal = table_of(EnrichmentProposalRow)
_write = table_of(EnrichmentWriteRow)
_batch = table_of(EnrichmentBatchRow)
_INSTANTS = ("at", "expires_at")
_JSON = ("old", "new")
_OPEN = tuple(one.value for one in NOT_SETTLED)
_NAMES = tuple(one.name for one in fields(FieldWrite))


class SqlProposals:
    """The port ``Proposals``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, proposed: Proposed) -> None:
        """Keep it, and forget those that are over."""
        content = {name: value for name, value in asdict(proposed).items() if name not in _INSTANTS}
        row = {
            "id": proposed.id,
            "account_id": proposed.account_id,
            "at": proposed.at,
            "expires_at": proposed.expires_at,
            "digest": proposed.digest,
            "content": _text(content),
        }
        with self._database.writes.begin() as connection:
            connection.execute(delete(_proposal).where(_proposal.c.expires_at <= proposed.at))
            connection.execute(insert(_proposal).values(**row))

    def find(self, proposal_id: str) -> Proposed | None:
        """The one of that id; None when there is none, or what is kept is not what was proposed."""
        with self._database.reads.begin() as connection:
            row = connection.execute(select(_proposal).where(_proposal.c.id == proposal_id)).one_or_none()
        if row is None:
            return None
        found = _proposed(json.loads(row.content), row.at, row.expires_at)
        return found if digest_of(found) == row.digest == found.digest else None


class SqlWrites:
    """The port ``Writes``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def plan(self, writes: Sequence[FieldWrite]) -> None:
        """Note what is about to be written; what was planned before stays as it is."""
        if not writes:
            return
        statement = insert_or(self._database.dialect, _write).on_conflict_do_nothing()
        with self._database.writes.begin() as connection:
            connection.execute(statement, [_values(one) for one in writes])

    def settle(self, of: str, settled: Mapping[str, Sequence[Settled]]) -> None:
        """Note how values ended that were being written, by account."""
        this = and_(
            _write.c.of == of,
            _write.c.account_id == bindparam("account"),
            _write.c.crm_field == bindparam("name"),
            or_(*(_write.c.state == one for one in _OPEN)),
        )
        statement = update(_write).where(this).values(state=bindparam("ended"), reason=bindparam("why"))
        rows = [
            {"account": account, "name": one.crm_field, "ended": one.state.value, "why": one.reason}
            for account, some in settled.items()
            for one in some
        ]
        if rows:
            with self._database.writes.begin() as connection:
                connection.execute(statement, rows)

    def of(self, of: str, account_ids: Sequence[str] | None = None) -> tuple[FieldWrite, ...]:
        """The values of a proposal or batch, of all its accounts or of some; the oldest first."""
        if account_ids is None:
            return self._read(_write.c.of == of)
        return tuple(
            one
            for some in batches(account_ids)
            for one in self._read(_write.c.of == of, _write.c.account_id.in_(some))
        )

    def recent(
        self, limit: int, *, account_id: str | None = None, by: str | None = None, of_batches: bool = False
    ) -> tuple[FieldWrite, ...]:
        """The latest of single proposals, or of batches; those that are being written left out.

        Of accounts that whoever asks sees (``bot.app.scope``), the newest first. All of it is filtered before
        the limit: a batch has hundreds of values, which would leave no room for those of single accounts.
        """
        in_batch = _write.c.of.in_(select(_batch.c.id))
        conditions: list[ColumnElement[bool]] = [
            _write.c.state.not_in(_OPEN),
            in_batch if of_batches else ~in_batch,
        ]
        if account_id is not None:
            conditions.append(_write.c.account_id == account_id)
        if by is not None:
            conditions.append(_write.c.by == by)
        if not seeing().everything:
            conditions.append(_write.c.account_id.in_(seen_ids(seeing(), self._database.dialect)))
        return self._read(*conditions, newest=limit)

    def move(
        self, writes: Sequence[FieldWrite], given: Sequence[WriteState], changes: Mapping[str, Any]
    ) -> tuple[FieldWrite, ...]:
        """Change values that have one of these states; gives those that had."""
        if not writes:
            return ()
        values = {name: str(value) if name == "state" else value for name, value in changes.items()}
        statement = (
            update(_write)
            .values(**values)
            .where(
                _write.c.of == bindparam("batch"),
                _write.c.account_id == bindparam("account"),
                _write.c.crm_field == bindparam("name"),
                _write.c.state.in_([state.value for state in given]),
            )
        )
        with self._database.writes.begin() as connection:
            return tuple(
                one
                for one in writes
                if connection.execute(
                    statement, {"batch": one.of, "account": one.account_id, "name": one.crm_field}
                ).rowcount
            )

    def _read(self, *conditions: ColumnElement[bool], newest: int | None = None) -> tuple[FieldWrite, ...]:
        keys = (_write.c.of, _write.c.account_id, _write.c.crm_field)
        order = (_write.c.at if newest is None else _write.c.at.desc(), *keys)
        statement = select(*(_write.c[name] for name in _NAMES)).where(*conditions).order_by(*order)
        with self._database.reads.begin() as connection:
            return tuple(map(_of, connection.execute(statement.limit(newest))))


def _values(one: FieldWrite) -> dict[str, Any]:
    return {
        **asdict(one),
        "state": one.state.value,
        **{name: _text(getattr(one, name)) for name in _JSON},
    }


def _text(value: Any) -> str:
    """As JSON in which names can be found: ``bot.store.erasing`` looks for them."""
    return json.dumps(value, ensure_ascii=False)


def _of(row: Row[Any]) -> FieldWrite:
    given = dict(zip(_NAMES, row, strict=True))
    read = {name: json.loads(given[name]) for name in _JSON}
    return FieldWrite(**{**given, **read, "state": WriteState(given["state"])})


def _proposed(content: dict[str, Any], at: datetime, expires_at: datetime) -> Proposed:
    given = {
        **content,
        "outcome": Outcome(content["outcome"]),
        "rows": tuple(ProposedField(**one) for one in content["rows"]),
        "technologies": tuple(Technology(**one) for one in content["technologies"]),
    }
    return Proposed(**given, at=at, expires_at=expires_at)
