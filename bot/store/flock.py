"""How all accounts are together: the port ``Flock``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import and_, func, literal, select

from bot.app.answering.flock import FlockFound, LabelSum
from bot.app.answering.moves import ChangesAsked
from bot.store.account_reading import Reading, Readings
from bot.store.label_moves import chosen_changes, counted_changes, counted_moves, first_run, went_where
from bot.store.places import ACCOUNT, OWNER, SCORE, TABLES
from scoring.criteria.tree import Always, Node

_ALERT = TABLES["alert"]
_OPEN = "open"


class SqlFlock:
    """Sums over the accounts that the CRM still has."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings

    def look(self, criteria: Node, asked: ChangesAsked) -> FlockFound:
        """Everything of one moment."""
        with self._readings() as reading:
            held = _held(reading, criteria, asked)
            if held is not None:
                return held
            if isinstance(criteria, Always) and reading.scope.everything:
                return _everybody(reading, asked)
            return _some(reading, criteria, asked)


def _held(reading: Reading, criteria: Node, asked: ChangesAsked) -> FlockFound | None:
    """From what is held in memory; None where that does not say it."""
    found = reading.held and reading.held.flock(criteria, asked)
    if found is None:
        return None
    alerts = select(_ALERT.c.account_id).where(_ALERT.c.state == _OPEN)
    waiting = reading.connection.execute(alerts).scalars().all()
    return FlockFound(
        labels=found.labels,
        went=counted_moves(found.went),
        began=first_run(reading.connection, asked.segmentation),
        ownerless=found.ownerless,
        open_alerts=found.among(waiting),
    )


def _everybody(reading: Reading, asked: ChangesAsked) -> FlockFound:
    """By indexes alone."""
    run = reading.connection.execute
    mine = and_(SCORE.c.account_id == ACCOUNT.c.id, SCORE.c.segmentation == reading.columns.segmentation)
    spent = func.coalesce(func.sum(SCORE.c.spend_minor), literal(0))
    sums = select(SCORE.c.label, func.count(), spent).select_from(SCORE.join(ACCOUNT, mine))
    scored = [(label, many, int(minor)) for label, many, minor in run(sums.group_by(SCORE.c.label))]
    by_owner = run(select(ACCOUNT.c.owner_id, func.count()).group_by(ACCOUNT.c.owner_id)).all()
    known = set(run(select(OWNER.c.id).where(OWNER.c.name != "")).scalars())
    unscored = sum(many for _, many in by_owner) - sum(many for _, many, _ in scored)
    alerts = select(func.count()).select_from(_ALERT.join(ACCOUNT, ACCOUNT.c.id == _ALERT.c.account_id))
    return FlockFound(
        labels=_with_unscored(scored, unscored),
        went=counted_changes(reading.connection, asked),
        began=first_run(reading.connection, asked.segmentation),
        ownerless=sum(many for owner, many in by_owner if owner not in known),
        open_alerts=run(alerts.where(_ALERT.c.state == _OPEN)).scalar_one(),
    )


def _some(reading: Reading, criteria: Node, asked: ChangesAsked) -> FlockFound:
    """Criteria are looked at once: changes and alerts are then compared by the ids."""
    run = reading.connection.execute
    columns = (ACCOUNT.c.id, SCORE.c.label, func.coalesce(SCORE.c.spend_minor, literal(0)), OWNER.c.name)
    query = select(*columns).select_from(reading.columns.rows()).where(reading.meets(criteria))
    found = run(query).all()
    ids = {row[0] for row in found}
    counts, spent = Counter(row[1] for row in found), Counter[str | None]()
    for _, label, minor, _ in found:
        spent[label] += minor
    changes = chosen_changes(reading, Always(), asked)
    alerts = run(select(_ALERT.c.account_id).where(_ALERT.c.state == _OPEN)).scalars()
    return FlockFound(
        labels=tuple(LabelSum(label, many, spent[label]) for label, many in counts.items()),
        went=went_where((row.old_label, row.new_label) for row in changes if row.account_id in ids),
        began=first_run(reading.connection, asked.segmentation),
        ownerless=sum(1 for row in found if not row[3]),
        open_alerts=sum(1 for one in alerts if one in ids),
    )


def _with_unscored(scored: Sequence[tuple[str | None, int, int]], unscored: int) -> tuple[LabelSum, ...]:
    """Accounts that take no part have no label either."""
    sums = {label: LabelSum(label, many, minor) for label, many, minor in scored}
    if unscored:
        without = sums.get(None, LabelSum(None, 0, 0))
        sums[None] = LabelSum(None, without.accounts + unscored, without.spend_minor)
    return tuple(sums.values())
