"""The purchases of a segmentation: found by its document, added up by account, and what of them cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    Select,
    and_,
    case,
    func,
    literal,
    null,
    select,
    type_coerce,
    union_all,
)

from bot.app.facts import LeftOut
from bot.store.criteria_sql import where
from bot.store.places import DOCUMENT, TABLES, TRANSACTION
from bot.store.purchase_values import NEVER, halves, quick_sum, whole_of
from bot.store.purchases import Arm, Purchases, columns_of_records
from bot.store.stages import deals_that_meet, stages_that_meet, without_index
from scoring.config import Configuration
from scoring.criteria.fields import Catalog, Contributed
from scoring.criteria.periods import Today
from scoring.purchases import contributed, is_plain
from scoring.purchases_config import Contribution

_ORGANISATION, _FINANCE = TABLES["crm_organisation"], TABLES["fin_organisation"]


def counted_purchases(
    connection: Connection,
    contributions: Sequence[Contribution],
    configuration: Configuration,
    today: Today,
    accounts: Catalog,
    *,
    one_account: bool = False,
) -> Purchases:
    """What counts up to a day.

    Args:
        connection: to the cache.
        contributions: of a segmentation (``scoring.purchases_config.Buying.contributions``).
        configuration: which Finance products are connected.
        today: the last day that counts.
        accounts: the account fields, open (``account_catalog``), with what belongs to accounts.
        one_account: whether they are looked up for one account after another, not all at once.

    Raises:
        CriteriaError: criteria or fields that there are not.
    """
    dialect = connection.dialect.name

    def meets(part: Contributed) -> ColumnElement[bool]:
        source, catalog = part.relation.source, part.relation.catalog
        if source == "transaction":
            return deals_that_meet(connection, part.where, catalog, today, one_account=one_account)
        return where(part.where, catalog, columns_of_records(source, dialect), today, dialect)

    return Purchases(
        tuple(contributed(one, accounts) for one in contributions),
        today,
        dialect,
        foreign=bool(_foreign(connection)),
        copies=len({one.product for one in configuration.finance}) > 1,
        meets=meets,
    )


def stages_that_count(connection: Connection, counted: Purchases) -> Sequence[str | None] | None:
    """The stages whose deals count; None where not deals alone count, or not by their stage alone."""
    if not is_plain(counted.parts):
        return None
    (part,) = counted.parts
    return stages_that_meet(connection, part.where, part.relation.catalog, counted.today)


def sums(counted: Purchases, since: date | None = None) -> Select[Any]:
    """Account, last day, number and sum of what counts; SQLite fails where a sum leaves 64 bits.

    ``since``: of one kind of records, only what came later than that day, to be found by its day.
    """
    of = _AddedUp(counted)
    total = quick_sum(of.amount, counted.dialect)
    found = of.over(select(of.account, of.last(), of.number(), total))
    if since is None:
        return found.group_by(of.account)
    # SQLite would walk over every record, because these stand in order of their accounts.
    return found.where(of.day > literal(since, Date)).group_by(without_index(of.account, counted.dialect))


def careful_sums(counted: Purchases) -> Select[Any]:
    """The same; what leaves 64 bits is the utmost there is."""
    if counted.dialect != "sqlite":
        return sums(counted)  # which are so already
    of = _AddedUp(counted)
    named = (of.account.label("account_id"), of.last().label("day"), of.number().label("number"))
    upper, lower = halves(of.amount)
    parts = select(*named, upper.label("upper"), lower.label("lower"))
    inner = of.over(parts).group_by(of.account).subquery().c
    return select(inner.account_id, inner.day, inner.number, whole_of(inner.upper, inner.lower))


class _AddedUp:
    """The columns that are added up, and where they are.

    One kind of records is added up where it is: a pass over its index needs no query in between.
    """

    def __init__(self, counted: Purchases) -> None:
        self.account: ColumnElement[Any]
        self.amount: ColumnElement[int]
        self.day: ColumnElement[Any]
        first, *others = counted.arms()
        if others:
            every = counted.rows().subquery("purchase").c
            self.account, self.amount, self.day = every.account_id, every.amount_minor, every.day
            self._gives_back, self._from = every.is_purchase == 0, None
            return
        self.account, self.amount, self.day = first.account, first.signed, type_coerce(first.day, Date)
        self._gives_back = first.gives_back
        self._from = first.rows, and_(first.counts, counted.dated(first))

    def over(self, statement: Select[Any]) -> Select[Any]:
        """A query for these columns."""
        if self._from is None:
            return statement
        rows, condition = self._from
        return statement.select_from(rows).where(condition)

    def last(self) -> ColumnElement[Any]:
        """The last day with a purchase."""
        last = func.max(case((self._gives_back, null()), else_=self.day), type_=Date)
        return func.coalesce(last, literal(NEVER, Date), type_=Date)

    def number(self) -> ColumnElement[int]:
        """How many purchases."""
        return func.count(case((self._gives_back, null()), else_=1))


def left_out(connection: Connection, counted: Purchases) -> LeftOut:
    """Records that meet their criteria but have no account, no day or a later one; amounts without a rate."""
    records = sum(
        connection.execute(select(func.count()).select_from(arm.rows).where(arm.counts, some)).scalar_one()
        for arm in counted.arms()
        for some in counted.undated(arm)
    )
    return LeftOut(records, _amount_remarks(connection, counted))


def due_since(counted: Purchases, day: date) -> Select[Any]:
    """The accounts whose purchases are others because days have passed."""
    some = [one for arm in counted.arms() for one in _due(arm, counted, day)]
    return some[0] if len(some) == 1 else select(union_all(*some).subquery().c.account_id).distinct()


def _due(arm: Arm, counted: Purchases, day: date) -> Iterator[Select[Any]]:
    on = type_coerce(arm.day, Date)
    due = (on > day, on <= counted.today.day)
    mine = select(arm.account).distinct().select_from(arm.table).where(*due)
    yield mine.where(arm.account.is_not(None))
    if arm.table is DOCUMENT and any(one.relation.source == "transaction" for one in counted.parts):
        # From its day on the document counts instead of the deal that it names.
        deals = TRANSACTION.join(DOCUMENT, DOCUMENT.c.deal_id == TRANSACTION.c.id)
        account = TRANSACTION.c.account_id
        yield select(account).distinct().select_from(deals).where(*due, account.is_not(None))


def _amount_remarks(connection: Connection, counted: Purchases) -> tuple[str, ...]:
    """Sentences about purchases whose amounts do not count, because no rate is known."""
    foreign, home = _foreign(connection), _home(connection)
    return tuple(
        remark
        for arm in counted.arms()
        for remark in (
            _of_documents(connection, counted, arm, foreign, home)
            if arm.table is DOCUMENT
            else _of_records(connection, counted, arm, home)
        )
    )


def _of_documents(
    connection: Connection, counted: Purchases, arm: Arm, foreign: dict[str, str], home: str
) -> Iterator[str]:
    count = select(DOCUMENT.c.source, func.count()).select_from(arm.rows).group_by(DOCUMENT.c.source)
    found = connection.execute(count.where(arm.counts, counted.dated(arm), arm.amount.is_(None)))
    what = arm.of.relation.name.replace("_", " ")
    for source, number in sorted((row[0], row[1]) for row in found):
        product = f"Zoho {source.title()}"
        if source in foreign:
            yield (
                f"{product} is in {foreign[source]}, the CRM in {home}, and no rate between them "
                f"is known: {what} that count without their amounts: {number:,}."
            )
        else:
            yield (
                f"{what.capitalize()} of {product} that count without their amounts, because there is none "
                f"or its exchange rate is not known yet: {number:,}."
            )


def _of_records(connection: Connection, counted: Purchases, arm: Arm, home: str) -> Iterator[str]:
    """Amounts that sync has not converted; a record without any amount is worth nothing, and no mistake."""
    foreign = counted.is_foreign(arm.of)
    if foreign is None:
        return
    count = select(func.count()).select_from(arm.rows).where(arm.counts, counted.dated(arm), foreign)
    number = connection.execute(count).scalar_one()
    if number:
        yield (
            f"{arm.of.amount.name} of {arm.of.relation.name} is in another currency than {home}, and is not "
            f"converted: so many count without their amounts: {number:,}."
        )


def _home(connection: Connection) -> str:
    return connection.execute(select(_ORGANISATION.c.currency)).scalar() or ""


def _foreign(connection: Connection) -> dict[str, str]:
    """Finance products with another currency than the CRM's, and theirs."""
    home = _home(connection)
    rows = connection.execute(select(_FINANCE.c.source, _FINANCE.c.currency))
    return {source: currency for source, currency in rows if home and currency and currency != home}
