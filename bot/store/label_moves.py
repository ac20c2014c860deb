"""Changes of label in the database, read by what they were and whose: the port ``LabelChanges``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, literal, not_, select

from bot.app.answering.moves import ChangesAsked, ChangesFound, ListedChange, WentWhere
from bot.language.question import Sort
from bot.store.account_reading import Reading, Readings
from bot.store.beside_accounts import beside_accounts, first_keys, needed_beside
from bot.store.erasure_tables import ErasureRow
from bot.store.places import ACCOUNT, OWNER, SCORE, TABLES
from bot.store.stages import without_index
from connector.cache.tables import table_of
from scoring.criteria.tree import Always, Node

_CHANGE, _RUN, _ERASURE = TABLES["label_change"], TABLES["run"], table_of(ErasureRow)


class SqlLabelChanges:
    """Changes of accounts that the CRM still has."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings

    def changes(
        self, criteria: Node, asked: ChangesAsked, sort: Sequence[Sort], limit: int, offset: int
    ) -> ChangesFound:
        """Page, counts and what was left out, of one moment."""
        with self._readings() as reading:
            held = reading.held and reading.held.changes(criteria, asked)
            if held is not None and not sort:
                ids = held.latest(limit, offset)
            else:
                ids = _page(reading, criteria, asked, sort, limit, offset)
            return ChangesFound(
                page=tuple(_listed(reading, ids)),
                accounts=_accounts(reading, criteria, asked) if held is None else held.accounts(),
                cells=_cells(reading, criteria, asked) if held is None else counted_moves(held.counts()),
                left_out=_has_baselines(reading.connection, asked) if held is None else held.has_baselines(),
                began=first_run(reading.connection, asked.segmentation),
                reckoned=reckoned_until(reading.connection, asked.segmentation),
            )


def went_where(labels: Iterable[tuple[str | None, str | None]]) -> tuple[WentWhere, ...]:
    """Counts from where to where, the most first."""
    return counted_moves(Counter(labels))


def counted_moves(counts: Mapping[tuple[str | None, str | None], int]) -> tuple[WentWhere, ...]:
    """The same of what is counted already."""
    return _most_first(WentWhere(old, new, many) for (old, new), many in counts.items())


def counted_changes(connection: Connection, asked: ChangesAsked) -> tuple[WentWhere, ...]:
    """The changes of every account, counted where they are."""
    both = (_CHANGE.c.old_label, _CHANGE.c.new_label)
    # By day first, as the index has them: so nothing is sorted but a few counts.
    query = select(*both, func.count().label("changes")).where(*_conditions(asked), _is_there())
    of = query.group_by(_CHANGE.c.as_of, *both).subquery("by_day").c
    whole = select(of.old_label, of.new_label, func.sum(of.changes)).group_by(of.old_label, of.new_label)
    return _most_first(WentWhere(old, new, int(many)) for old, new, many in connection.execute(whole))


def first_run(connection: Connection, segmentation: str) -> date | None:
    """The day as of which a segmentation was first scored: no later run is of an earlier day."""
    query = select(_RUN.c.as_of).where(_RUN.c.segmentation == segmentation).order_by(_RUN.c.id).limit(1)
    return connection.execute(query).scalar()


def reckoned_until(connection: Connection, segmentation: str) -> date | None:
    """The day of the first run of a present day, where earlier days were scored afterwards; else None."""
    runs = select(_RUN.c.as_of).where(_RUN.c.segmentation == segmentation).order_by(_RUN.c.id).limit(1)
    if connection.execute(runs.where(_RUN.c.cause == "past")).first() is None:
        return None
    return connection.execute(runs.where(_RUN.c.cause != "past")).scalar()


def chosen_changes(reading: Reading, criteria: Node, asked: ChangesAsked) -> list[Row[Any]]:
    """``id account_id old_label new_label`` of every change."""
    return list(reading.connection.execute(_chosen(reading, criteria, asked)))


def accounts_that_moved(asked: ChangesAsked) -> Select[Any]:
    """The ids of those of whom there is such a change, whether the CRM still has them or not."""
    return select(_CHANGE.c.account_id).where(*_conditions(asked))


def _accounts(reading: Reading, criteria: Node, asked: ChangesAsked) -> int:
    """Of how many accounts the changes are."""
    if not asked.old and not asked.new:
        # Many changes: to find one of each account is quicker than to tell all of them apart.
        one = select(literal(1)).where(
            _CHANGE.c.account_id == ACCOUNT.c.id, *_conditions(asked, dialect=reading.dialect)
        )
        some = select(func.count()).select_from(reading.rows(criteria)).where(reading.meets(criteria))
        return reading.connection.execute(some.where(one.correlate(ACCOUNT).exists())).scalar_one()
    if _is_of_all(reading, criteria):
        chosen = select(_CHANGE.c.account_id).where(*_conditions(asked), _is_there()).distinct()
    else:
        chosen = _chosen(reading, criteria, asked).with_only_columns(_CHANGE.c.account_id).distinct()
    return reading.connection.execute(select(func.count()).select_from(chosen.subquery())).scalar_one()


def _cells(reading: Reading, criteria: Node, asked: ChangesAsked) -> tuple[WentWhere, ...]:
    """All the changes, counted where they are."""
    if _is_of_all(reading, criteria):
        return counted_changes(reading.connection, asked)
    both = (_CHANGE.c.old_label, _CHANGE.c.new_label)
    chosen = _chosen(reading, criteria, asked)
    rows = reading.connection.execute(chosen.with_only_columns(*both, func.count()).group_by(*both))
    return _most_first(WentWhere(*row) for row in rows)


def _is_of_all(reading: Reading, criteria: Node) -> bool:
    return isinstance(criteria, Always) and reading.scope.everything


def _is_there() -> ColumnElement[bool]:
    """That the CRM still has the account of a change: nobody looks it up, because who goes is noted."""
    back = select(ACCOUNT.c.id).where(ACCOUNT.c.id == _ERASURE.c.record_id).exists()
    gone = select(_ERASURE.c.record_id).where(_ERASURE.c.kind == "account", _ERASURE.c.erased_at.is_(None))
    return _CHANGE.c.account_id.not_in(gone.where(not_(back)))


def _most_first(found: Iterable[WentWhere]) -> tuple[WentWhere, ...]:
    return tuple(sorted(found, key=lambda one: (-one.changes, one.old or "", one.new or "")))


def _chosen(reading: Reading, criteria: Node, asked: ChangesAsked, sort: Sequence[Sort] = ()) -> Select[Any]:
    columns = (_CHANGE.c.id, _CHANGE.c.account_id, _CHANGE.c.old_label, _CHANGE.c.new_label)
    rows = needed_beside(_CHANGE, _CHANGE.c.account_id, reading, criteria, sort)
    return select(*columns).select_from(rows).where(*_conditions(asked), reading.meets(criteria))


def _listed(reading: Reading, ids: Sequence[int]) -> Iterator[ListedChange]:
    columns = (
        *(_CHANGE.c.id, func.coalesce(ACCOUNT.c.name, ACCOUNT.c.id), _CHANGE.c.old_label),
        *(_CHANGE.c.new_label, _CHANGE.c.as_of, func.coalesce(SCORE.c.spend_minor, literal(0)), OWNER.c.name),
    )
    rows = beside_accounts(_CHANGE, _CHANGE.c.account_id, reading.columns)
    query = select(*columns).select_from(rows).where(_CHANGE.c.id.in_(ids))
    found = {number: ListedChange(*values) for number, *values in reading.connection.execute(query)}
    yield from (found[one] for one in ids)


def _page(
    reading: Reading, criteria: Node, asked: ChangesAsked, sort: Sequence[Sort], limit: int, offset: int
) -> list[int]:
    order = (*first_keys(reading, sort), _CHANGE.c.as_of.desc(), _CHANGE.c.id.desc())
    page = _chosen(reading, criteria, asked, sort).order_by(*order).limit(limit).offset(offset)
    return [row.id for row in reading.connection.execute(page)]


def _has_baselines(connection: Connection, asked: ChangesAsked) -> bool:
    """Whether a first run or another configuration has made some; of whatever accounts there are."""
    query = select(_CHANGE.c.id).where(*_conditions(asked, baseline=True), _is_there()).limit(1)
    return connection.execute(query).first() is not None


def _conditions(
    asked: ChangesAsked, *, baseline: bool = False, dialect: str = ""
) -> list[ColumnElement[bool]]:
    """What holds of a change; with a dialect for a look at one account's, whatever other index there is."""
    segmentation = without_index(_CHANGE.c.segmentation, dialect)
    found = [segmentation == asked.segmentation, _CHANGE.c.baseline.is_(baseline)]
    if asked.old:
        found.append(_CHANGE.c.old_label.in_(asked.old))
    if asked.new:
        found.append(_CHANGE.c.new_label.in_(asked.new))
    if asked.course is not None:
        found.append(_CHANGE.c.direction == asked.course.value)
    if asked.days.first is not None:
        found.append(_CHANGE.c.as_of >= asked.days.first)
    if asked.days.last is not None:
        found.append(_CHANGE.c.as_of <= asked.days.last)
    return found
