"""Counting for figures: one query over the records of accounts, with a row for each group or period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, case, func, literal, null, select

from bot.language.question import DEAL_OWNER, Aggregate, Days, Figure, Metric, Span
from bot.language.spans import days_of
from bot.store.account_reading import Reading
from bot.store.columns import ACCOUNT, OWNER
from bot.store.deal_days import summed_deals
from bot.store.figure_periods import MOST_PERIODS, in_bounds, number_sql
from bot.store.figure_records import (
    PURCHASED,
    Records,
    account_records,
    deal_records,
    field_in_numbers,
    in_whole_parts,
    purchase_records,
    purchases_of,
    within,
)
from bot.store.figure_sums import summed_records
from bot.store.figure_values import NOTHING, Key, Scale, Tally, merged
from bot.store.groups import (
    MOST_GROUPS,
    OF_RECORDS,
    OWNER_FIELD,
    check_grouped,
    group_name,
    one_spelling,
    spelling,
    too_many_groups,
)
from bot.store.places import PRODUCT
from bot.store.purchase_values import halves
from bot.store.stages import without_index
from scoring.criteria.bounds import LOW_BITS
from scoring.criteria.check import field_named
from scoring.criteria.fields import Field, FieldType
from scoring.criteria.tree import Always, Node, conjunction

LONG_DAYS = 80
MONEY = {Metric.REVENUE, Metric.AVERAGE_PURCHASE, Metric.AVERAGE_DEAL, Metric.PIPELINE}


@dataclass(frozen=True)
class Counted:
    """A figure over one span: group or period -> what was counted."""

    tallies: Mapping[Key, Tally]
    scale: Scale


def counted_over(reading: Reading, criteria: Node, figure: Figure, span: Span | None) -> Counted:
    """A figure over the accounts that meet the criteria and, where its records have a day, over one span.

    Raises:
        CriteriaError: a field that there is not, or that cannot be counted so; more groups than are read.
    """
    held = _held(reading, criteria, figure, span)
    if held is not None:
        return held
    if figure.metric is Metric.SHARE:
        return Counted(merged(_shares(reading, criteria, figure)), Scale())
    if figure.metric is None:
        return _of_field(reading, criteria, figure)
    days = days_of(span, reading.today.day, reading.today.fiscal_year_starts)
    walks = reading.dialect == "sqlite" and is_long(days)
    whole_accounts = figure.metric is Metric.BUYERS and figure.every is None and figure.by not in OF_RECORDS
    if whole_accounts and (walks or reading.dialect != "sqlite"):
        return Counted(_buyers(reading, criteria, figure.by, days), Scale())
    records = records_of(reading, criteria, figure, figure.metric, walks=walks)
    chosen = [*records.chosen, *within(day_of(records), days.first, days.last)]
    scale = Scale(money=figure.metric in MONEY)
    if figure.every is not None:
        return Counted(_periods(reading, records, criteria, chosen, figure), scale)
    # What is counted once in each group must not be counted by spelling.
    whole = figure.metric is Metric.BUYERS and figure.by in OF_RECORDS
    statement, field = _joined(reading, records, criteria, figure.by, whole=whole, walks=walks)
    return Counted(_groups(reading, statement.where(*chosen), field), scale)


def _held(reading: Reading, criteria: Node, figure: Figure, span: Span | None) -> Counted | None:
    """The same from what is held in memory; None where that does not say it, or sums by day do at once."""
    if figure.metric is None:
        found = reading.held and reading.held.values(criteria, figure)
        return None if found is None else Counted(*found)
    if figure.metric is Metric.SHARE:
        shares = reading.held and reading.held.shares(criteria, figure)
        return None if shares is None else Counted(shares, Scale())
    of_all = reading.scope.everything and isinstance(criteria, Always) and figure.by is None
    if (
        of_all
        and figure.metric is not Metric.BUYERS
        and summed_deals(reading.connection, by_owner=False) is not None
    ):
        return None
    days = days_of(span, reading.today.day, reading.today.fiscal_year_starts)
    tallies = reading.held and reading.held.over_deals(criteria, figure, figure.metric, days)
    return None if tallies is None else Counted(tallies, Scale(money=figure.metric in MONEY))


def is_long(days: Days) -> bool:
    """Whether so many records fall on these days that SQLite does better to go through the accounts.

    To find the account of a record takes it seven times as long as to read the record, unless they come in
    the order of accounts. At ten deals in three years an account that is even at some eighty days.
    """
    return days.first is None or ((days.last or date.max) - days.first).days >= LONG_DAYS


def _buyers(reading: Reading, criteria: Node, by: str | None, days: Days) -> dict[Key, Tally]:
    """How many accounts bought something, and how often, without sorting what they bought.

    SQLite does best with one look for each account, PostgreSQL with a table of sums in memory.
    """
    field = _field(by, reading)
    counted, on = purchases_of(reading, one_account=True), partial(within, first=days.first, last=days.last)
    value: Any = null() if field is None else reading.columns(field)
    rows = reading.rows(criteria, *(() if field is None else (field,)))
    times: ColumnElement[Any]
    if reading.dialect == "sqlite":
        times = counted.times(ACCOUNT, on)
    else:
        found: Any = counted.rows().subquery("purchase").c
        sums = select(found.account_id, func.sum(found.is_purchase).label("times")).where(*on(found.day))
        bought = sums.group_by(found.account_id).subquery("bought")
        rows, times = rows.join(bought, bought.c.account_id == ACCOUNT.c.id), bought.c.times
    each = select(value.label("name"), times.label("times")).select_from(rows).where(reading.meets(criteria))
    # Told to keep what it found, or it counts anew wherever the number is named.
    of = each.cte("buyer").prefix_with("MATERIALIZED").c
    name: Any = null() if field is None else of.name
    columns = (name.label("name"), func.sum(of.times).label("records"), func.count().label("part"))
    nothing = (null().label(name) for name in ("upper", "lower", "least", "most"))
    statement = select(*columns, *nothing).where(of.times > 0)
    return _groups(reading, statement if field is None else statement.group_by(of.name), field)


def day_of(records: Records) -> ColumnElement[Any]:
    """The day of a record."""
    if records.day is None:
        raise TypeError("these records have no day")
    return records.day


def records_of(reading: Reading, criteria: Node, figure: Figure, metric: Metric, *, walks: bool) -> Records:
    """What a figure is made of; ``walks`` as ``is_long`` says.

    Raises:
        CriteriaError: criteria of purchases or won deals that do not fit the fields any more.
    """
    owned = figure.by == DEAL_OWNER
    # The sums by day are those of every account.
    if reading.scope.everything and isinstance(criteria, Always) and (owned or figure.by is None):
        summed = summed_records(reading, metric, owned=owned)
        if summed is not None:
            return summed
    if metric in PURCHASED:
        return purchase_records(reading, metric, figure.by, one_account=walks)
    return deal_records(reading, metric, figure.by, one_account=walks)


def _field(name: str | None, reading: Reading) -> Field | None:
    if name is None or name in OF_RECORDS:
        return None if name is None else OF_RECORDS[name]
    field = field_named(name, reading.catalog)
    check_grouped(field)
    return field


def _halves(records: Records, dialect: str) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    if records.sums is not None:
        return records.sums
    # SQLite's own sum fails beyond 64 bits; PostgreSQL's is exact.
    return halves(records.amount) if dialect == "sqlite" else (null(), func.sum(records.amount))


def sums_of(records: Records, dialect: str) -> tuple[ColumnElement[Any], ...]:
    """The columns of a tally."""
    upper, lower = _halves(records, dialect)
    return (
        records.one.label("records"),
        records.part.label("part"),
        upper.label("upper"),
        lower.label("lower"),
        null().label("least"),
        null().label("most"),
    )


def accounts_that_meet(reading: Reading, criteria: Node, field: Field | None) -> FromClause:
    """The ids of those that meet the criteria, with what they are broken down by."""
    value = () if field is None else (reading.columns(field).label("value"),)
    rows = reading.rows(criteria, *(() if field is None else (field,)))
    return select(ACCOUNT.c.id, *value).select_from(rows).where(reading.meets(criteria)).subquery("mine")


def joined_to(records: Records, accounts: FromClause, own: ColumnElement[Any] | None = None) -> FromClause:
    """The records of accounts, found by ``own`` or else by the id."""
    if records.account is None:
        return records.rows
    return records.rows.join(accounts, (accounts.c.id if own is None else own) == records.account)


def _joined(
    reading: Reading,
    records: Records,
    criteria: Node,
    by: str | None,
    *,
    whole: bool = False,
    walks: bool = False,
) -> tuple[Select[Any], Field | None]:
    """Sums over the records of accounts that meet the criteria, by a group.

    Args:
        reading: the look at the database.
        records: what is added up.
        criteria: which accounts.
        by: a field of theirs, or the owner of a deal.
        whole: whether names that differ in case only are one group already.
        walks: whether SQLite is to go through the accounts and find the records of each.
    """
    field = _field(by, reading)
    of_account = None if field in {None, *OF_RECORDS.values()} else field
    mine = accounts_that_meet(reading, criteria, of_account)
    rows = joined_to(records, mine, without_index(mine.c.id, reading.dialect) if walks else None)
    if field is None:
        return select(null().label("name"), *sums_of(records, reading.dialect)).select_from(rows), None
    if field is not of_account:
        table = OWNER if field is OWNER_FIELD else PRODUCT
        rows = rows.outerjoin(table, table.c.id == records.key)
        value: ColumnElement[Any] = table.c.name
    else:
        value = mine.c.value
    name, key = _keyed(value, field, reading.dialect, whole=whole)
    statement = select(name.label("name"), *sums_of(records, reading.dialect)).select_from(rows)
    return statement.group_by(key), field


def _keyed(
    value: ColumnElement[Any], field: Field, dialect: str, *, whole: bool
) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """What a group is called, and by what it is made: by spelling is quicker, and can be put together."""
    if whole and field.type is FieldType.TEXT:
        return func.min(spelling(value, dialect)), one_spelling(value, dialect)
    return value, value


def _groups(reading: Reading, statement: Select[Any], field: Field | None) -> dict[Key, Tally]:
    rows = reading.connection.execute(statement.limit(MOST_GROUPS + 1)).all()
    if field is None:
        return {None: tally_of(rows[0]) if rows else NOTHING}
    if len(rows) > MOST_GROUPS:
        raise too_many_groups(field.name)
    return merged((group_name(row.name, field), tally_of(row)) for row in rows)


def tally_of(row: Any) -> Tally:
    """From a row with the columns of ``sums_of``."""
    whole = (int(row.upper or 0) << LOW_BITS) + int(row.lower or 0)
    least, most = (None if one is None else int(one) for one in (row.least, row.most))
    return Tally(int(row.records or 0), int(row.part or 0), whole, least, most)


def _periods(
    reading: Reading, records: Records, criteria: Node, chosen: Sequence[Any], figure: Figure
) -> dict[Key, Tally]:
    day, starts = day_of(records), reading.today.fiscal_year_starts
    if figure.every is None:
        raise TypeError("no trend without a unit")
    number = number_sql(day, figure.every, starts, reading.dialect).label("name")
    rows = joined_to(records, accounts_that_meet(reading, criteria, None))
    statement = (
        select(number, *sums_of(records, reading.dialect)).select_from(rows).where(*chosen, day.is_not(None))
    )
    found = reading.connection.execute(statement.group_by(number).limit(MOST_PERIODS + 1))
    tallies: dict[Key, Tally] = {int(row.name): tally_of(row) for row in found}
    in_bounds((key for key in tallies if isinstance(key, int)), figure.every)
    return tallies


def _shares(reading: Reading, criteria: Node, figure: Figure) -> Iterator[tuple[str | None, Tally]]:
    """Of how many accounts, and how many of them meet the criteria."""
    field = _field(figure.by, reading)
    value: Any = null() if field is None else reading.columns(field)
    rows_of = reading.rows(conjunction(criteria, figure.among), *(() if field is None else (field,)))
    met = func.sum(case((reading.meets(criteria), 1), else_=0)).label("part")
    statement = select(value.label("name"), func.count().label("records"), met)
    statement = statement.select_from(rows_of).where(reading.meets(figure.among))
    if field is not None:
        statement = statement.group_by(value).limit(MOST_GROUPS + 1)
    rows = reading.connection.execute(statement).all()
    if field is not None and len(rows) > MOST_GROUPS:
        raise too_many_groups(field.name)
    for row in rows:
        name = None if field is None else group_name(row.name, field)
        yield name, Tally(int(row.records), int(row.part or 0))


def _of_field(reading: Reading, criteria: Node, figure: Figure) -> Counted:
    """What is made of the values of a field of accounts."""
    valued = field_in_numbers(figure, reading)
    value, scale = in_whole_parts(valued, reading)
    field = _field(figure.by, reading)
    group: Any = null() if field is None else reading.columns(field)
    accounts = (
        select(ACCOUNT.c.id, value.label("value"), group.label("group"))
        .select_from(reading.rows(criteria, valued, *(() if field is None else (field,))))
        .where(reading.meets(criteria))
        .subquery("valued")
    )
    if figure.how is Aggregate.MEDIAN:
        return Counted(_groups(reading, _middle(accounts, field, reading.dialect), field), scale)
    records = account_records(accounts)
    *sums, _least, _most = sums_of(records, reading.dialect)
    name = literal(None) if field is None else accounts.c.group
    ends = (func.min(accounts.c.value).label("least"), func.max(accounts.c.value).label("most"))
    statement = select(name.label("name"), *sums, *ends).select_from(accounts).where(*records.chosen)
    if field is not None:
        statement = statement.group_by(accounts.c.group)
    return Counted(_groups(reading, statement, field), scale)


def _middle(accounts: FromClause, field: Field | None, dialect: str) -> Select[Any]:
    """The one or two values in the middle of each group, as its least and its most."""
    value, group = accounts.c.value, accounts.c.group
    name: Any = null() if field is None else group
    key = name
    if field is not None and field.type is FieldType.TEXT:
        name, key = spelling(group, dialect), one_spelling(group, dialect)
    over: dict[str, Any] = {} if field is None else {"partition_by": key}
    ranked = (
        select(
            name.label("name"),
            key.label("key"),
            value.label("value"),
            func.row_number().over(order_by=value, **over).label("place"),
            func.count().over(**over).label("size"),
            func.min(name).over(**over).label("spelled") if field is not None else null().label("spelled"),
        )
        .where(value.is_not(None))
        .subquery("ranked")
    )
    of = ranked.c
    columns: tuple[ColumnElement[Any], ...] = (
        func.min(of.spelled).label("name"),
        func.max(of.size).label("records"),
        literal(0).label("part"),
        literal(0).label("upper"),
        literal(0).label("lower"),
        func.min(of.value).label("least"),
        func.max(of.value).label("most"),
    )
    statement = select(*columns).where(of.place.in_([(of.size + 1) // 2, (of.size + 2) // 2]))
    return statement if field is None else statement.group_by(of.key)
