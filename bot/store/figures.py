"""Numbers over accounts, their purchases and their deals: the adapter of the port ``FigureBook``.

The database adds up; what comes back is a row for each group or period. Sums are made in two halves, so that
they are exact beyond 64 bits on both databases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from sqlalchemy import ColumnElement, false, func, select

from bot.app.figure_ports import AccountFigures, FigureRow
from bot.app.ports import Clock
from bot.language.question import DEAL_OWNER, EACH_PRODUCT, Aggregate, Figure, Metric
from bot.store.account_reading import AccountReader, Reading
from bot.store.counted import left_out
from bot.store.figure_accounts import figures_of_accounts
from bot.store.figure_changes import changes_of_accounts
from bot.store.figure_counts import counted_over
from bot.store.figure_records import OPEN, PURCHASED, deal_records, purchases_of
from bot.store.figure_rows import Trend, by_size
from bot.store.figure_sums import summed_deal_remarks
from bot.store.figure_values import What
from bot.store.places import TRANSACTION
from bot.store.seen_accounts import seen_ids
from connector.cache.engine import Database
from scoring.config import Configuration
from scoring.criteria.errors import CriteriaError
from scoring.criteria.tree import Node


class SqlFigureBook:
    """Numbers over accounts. Every figure is one transaction of a few statements."""

    def __init__(
        self,
        database: Database,
        configuration: Callable[[], Configuration],
        clock: Clock,
        reader: AccountReader | None = None,
    ) -> None:
        """Put it together; ``reader``: whose looks it shares, instead of looks of its own."""
        self._reader = reader or AccountReader(database, configuration, clock)

    def together(self) -> AbstractContextManager[None]:
        """Everything that this thread reads meanwhile is read in one look."""
        return self._reader.together()

    def figure(self, criteria: Node, figure: Figure) -> list[FigureRow]:
        """The number over the accounts that meet the criteria; a row for each group or period.

        Groups come largest first, without a value last; periods in the order of time, without gaps. Beside a
        second period stands that of the same place in it: the first month beside the first month.

        Raises:
            CriteriaError: a field that the catalog does not know, or one that cannot be counted so; more
                groups or periods than anybody reads.
        """
        what = _what(figure)
        with self._reader.reading() as reading:
            now = counted_over(reading, criteria, figure, figure.span)
            then = None if figure.versus is None else counted_over(reading, criteria, figure, figure.versus)
            if figure.every is not None:
                trend = Trend(what, figure.every, reading.today, ahead=figure.metric in OPEN)
                return list(trend.rows(now, figure.span, then, figure.versus))
            return by_size(what, now, then)

    def of_accounts(self, criteria: Node, figure: Figure, most: int) -> AccountFigures:
        """The number of each account that meets the criteria, of at most so many, in the figure's order.

        Raises:
            CriteriaError: a figure that is not one of an account; as ``figure``.
        """
        with self._reader.reading() as reading:
            if figure.course is not None:
                return changes_of_accounts(reading, criteria, figure, most)
            return figures_of_accounts(reading, criteria, figure, most)

    def remarks(self, figure: Figure) -> tuple[str, ...]:
        """What does not count, whatever the criteria: sentences.

        Raises:
            CriteriaError: as ``figure``.
        """
        with self._reader.reading() as reading:
            if figure.metric in PURCHASED:
                return tuple(_of_purchases(reading))
            if figure.metric in {None, Metric.SHARE}:
                return ()
            return tuple(_of_deals(reading, figure.metric or Metric.WON))


def _what(figure: Figure) -> What:
    """Which number.

    Raises:
        CriteriaError: parts that do not go together.
    """
    what: What | None = figure.metric or figure.how
    if what is None:
        raise CriteriaError("Say which number: a sum, an average, or a figure such as revenue or win rate.")
    if figure.by is not None and figure.every is not None:
        raise CriteriaError("Ask by a field or by a period, one at a time.")
    timeless = isinstance(what, Aggregate) or what is Metric.SHARE
    if timeless and (figure.every, figure.span, figure.versus) != (None, None, None):
        raise CriteriaError(
            "The fields of accounts are as they are today, without periods: put a condition on a date "
            "instead, such as created in this year."
        )
    if timeless and figure.by == EACH_PRODUCT:
        raise CriteriaError("Products are those of purchases and deals: ask for revenue by product.")
    if timeless and figure.by == DEAL_OWNER:
        raise CriteriaError("Accounts have no deal owner: ask by owner, which is the owner of the account.")
    return what


def _of_purchases(reading: Reading) -> Iterator[str]:
    left = left_out(reading.connection, purchases_of(reading))
    if left.records and reading.scope.everything:  # without an account they are nobody's
        yield (
            f"Records that would count as purchases but have no account, no date or a later one "
            f"do not count: {left.records:,}."
        )
    yield from left.remarks


def _of_deals(reading: Reading, metric: Metric) -> Iterator[str]:
    summed = summed_deal_remarks(reading, metric) if reading.scope.everything else None
    alone, nothing = summed if summed is not None else _counted_remarks(reading, metric)
    if alone:
        yield f"Deals without an account do not count: {alone:,}."
    if nothing and metric in {Metric.PIPELINE, Metric.AVERAGE_DEAL}:
        yield f"Deals without an amount, or whose exchange rate is not known, count as 0: {nothing:,}."


def _counted_remarks(reading: Reading, metric: Metric) -> tuple[int, int]:
    """How many of the deals have no account, how many no amount."""
    records = deal_records(reading, metric)
    without = select(func.count()).select_from(records.rows)
    is_alone: ColumnElement[bool] = TRANSACTION.c.account_id.is_(None)
    if not reading.scope.everything:
        mine = TRANSACTION.c.account_id.in_(seen_ids(reading.scope, reading.dialect))
        without, is_alone = without.where(mine), false()
    alone = reading.connection.execute(without.where(is_alone, *records.chosen)).scalar_one()
    if metric not in {Metric.PIPELINE, Metric.AVERAGE_DEAL}:
        return alone, 0
    nothing = without.where(TRANSACTION.c.amount_minor.is_(None), *records.chosen)
    return alone, reading.connection.execute(nothing).scalar_one()
