"""How all accounts are together: the port ``Flock``."""

from __future__ import annotations

from sqlalchemy import func, literal, select

from bot.app.answering.flock import FlockFound, LabelSum
from bot.app.answering.moves import ChangesAsked
from bot.store.account_reading import AccountReading, Readings, counted_beside
from bot.store.label_moves import went_where
from bot.store.places import OWNER, SCORE, TABLES
from scoring.criteria.tree import Node

_ALERT = TABLES["alert"]


class SqlFlock:
    """Sums over the accounts that the CRM still has."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings

    def look(self, criteria: Node, asked: ChangesAsked) -> FlockFound:
        """Everything of one moment."""
        with self._readings() as reading:
            labels, ownerless = _labels(reading, criteria)
            went, began = went_where(reading, criteria, asked)
            return FlockFound(labels, went, began, ownerless, _open_alerts(reading, criteria))


def _labels(reading: AccountReading, criteria: Node) -> tuple[tuple[LabelSum, ...], int]:
    """The sums by label, and how many accounts have no owner."""
    spent = func.coalesce(func.sum(SCORE.c.spend_minor), literal(0))
    # As the field ``owner``: somebody who is not in the copy of the CRM any more owns nothing.
    owned = func.count(func.nullif(OWNER.c.name, ""))
    query = (
        select(SCORE.c.label, func.count(), spent, owned)
        .select_from(reading.columns.rows())
        .where(reading.meets(criteria))
        .group_by(SCORE.c.label)
    )
    rows = reading.connection.execute(query).all()
    sums = tuple(LabelSum(label, many, int(minor)) for label, many, minor, _ in rows)
    return sums, sum(many - owned for _, many, _, owned in rows)


def _open_alerts(reading: AccountReading, criteria: Node) -> int:
    rows = counted_beside(_ALERT, _ALERT.c.account_id, reading, criteria)
    count = select(func.count()).select_from(rows)
    return reading.connection.execute(
        count.where(_ALERT.c.state == "open", reading.meets(criteria))
    ).scalar_one()
