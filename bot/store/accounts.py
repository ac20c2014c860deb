"""Accounts with their scores, read from the local copy: the adapter of the port ``AccountBook``."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, literal, select

from bot.app.advising import Advice
from bot.app.answers import AccountCard, AccountLine, Explanation, Group, LabelMove
from bot.app.ports import Clock, NamedAccount, NamedUser, OrganisationWords
from bot.app.scope import Scope, seeing
from bot.app.technique_rules import label_names
from bot.language.question import Sort
from bot.store.account_reading import AccountReader, Reading
from bot.store.breakdown import breakdown
from bot.store.columns import (
    ACCOUNT,
    OWNER,
    SCORE,
    TABLES,
    TRANSACTION,
    AccountColumns,
    is_open,
)
from bot.store.counted import counted_purchases
from bot.store.criteria_sql import fact_value
from bot.store.line_values import cells
from bot.store.memory.keeper import AccountMemory
from bot.store.occurring import occurring
from bot.store.ordering import in_order, without_case
from bot.store.seen_accounts import is_seen, seen_ids
from bot.store.sold_products import sold_products
from connector.cache.engine import Database
from connector.enrichment.fingerprints import fingerprints
from scoring.config import Configuration
from scoring.criteria.check import field_named
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog, Field
from scoring.criteria.periods import Today
from scoring.criteria.tree import Fact, Node

_CHANGE, _CONTACT, _CURSOR = TABLES["label_change"], TABLES["crm_contact"], TABLES["sync_cursor"]
_ORGANISATION, _USER, _RUN = TABLES["crm_organisation"], TABLES["crm_user"], TABLES["run"]

CONTACTS_SHOWN = 3
DEFAULT_CURRENCY = "USD"
# What the vocabulary knows the values of, beside labels and stages.
WORD_COLUMNS = {
    "industry": "industry",
    "city": "city",
    "state": "state",
    "country": "country",
    "type": "kind",
}

# An account's id -> what every segmentation says of it, the primary one first.
Explain = Callable[[str], tuple[Explanation, ...]]


def not_explained(_account_id: str) -> tuple[Explanation, ...]:
    """Nothing beyond the sentences that were recorded with the last change of label."""
    return ()


# An account's id, its label and the present day -> what to do about it.
Advise = Callable[[str, str | None, date], Advice]


def not_advised(_account_id: str, _label: str | None, _today: date) -> Advice:
    """Nothing."""
    return Advice()


class SqlAccountBook:
    """Reading accounts. Every method is one transaction of a few statements."""

    def __init__(
        self,
        database: Database,
        configuration: Callable[[], Configuration],
        clock: Clock,
        crm_url: Callable[[str], str | None],
        explain: Explain = not_explained,
        advise: Advise = not_advised,
        *,
        memory: AccountMemory | None = None,
    ) -> None:
        """Put it together; ``memory`` answers what it holds, the database everything else."""
        self._database = database
        self._configuration = configuration
        self._reader = AccountReader(database, configuration, clock, memory)
        self._crm_url = crm_url
        self._explain = explain
        self._advise = advise

    def catalog(self) -> Catalog:
        """The fields that a question may use."""
        with self._reader.reading() as reading:
            return reading.catalog

    def words(self) -> OrganisationWords:
        """The organisation's own words, as far as they are not those of accounts that are not seen."""
        configuration, scope = self._configuration(), seeing()
        values = {name: ACCOUNT.c[column] for name, column in WORD_COLUMNS.items()}
        people = select(_USER.c.id, _USER.c.name, _USER.c.email, _USER.c.manager_id)
        with self._database.reads.connect() as connection:
            # One pass over the accounts for their names and for every value that occurs in them.
            named = select(ACCOUNT.c.id, ACCOUNT.c.name, *values.values())
            seen = is_seen(scope, self._database.dialect)
            accounts = connection.execute(named if scope.everything else named.where(seen)).all()
            users = connection.execute(people.where(_USER.c.name != "").order_by(_USER.c.id)).all()
            values_of = {"stage": _in_order(_stages(connection, scope))}
            sold = sold_products(connection, lines=scope.everything)
        ids, names, *others = zip(*accounts, strict=True) if accounts else [()] * (2 + len(values))
        values_of |= {name: _in_order(column) for name, column in zip(values, others, strict=True)}
        # Those of the others are values of their own fields, label."Company size" (see the catalog).
        labels = label_names(configuration.primary)
        return OrganisationWords(
            accounts=tuple(NamedAccount(*one) for one in zip(ids, names, strict=True) if one[1]),
            users=tuple(NamedUser(*row) for row in users),
            values={
                **values_of,
                "label": tuple(dict.fromkeys(labels)),
                "product": tuple(dict.fromkeys(sold.names.values())),
            },
            products=dict(sold.names),
            technologies=tuple(one.name for one in fingerprints()),
        )

    def page(
        self,
        criteria: Node,
        sort: Sequence[Sort],
        limit: int,
        offset: int = 0,
        further: Sequence[str | Fact] = (),
    ) -> list[AccountLine]:
        """Accounts that meet the criteria, sorted; ties by name and then id; empty values last.

        Args:
            criteria: which accounts.
            sort: the keys, the first one first.
            limit: how many at most.
            offset: how many to pass over.
            further: names of fields, and facts, whose values ``AccountLine.further`` is to have.

        Raises:
            CriteriaError: a field or value that the catalog does not know, or a field that has no order.
        """
        with self._reader.reading() as reading:
            order = tuple(in_order(sort, reading.catalog, reading.columns))
            keys = [field_named(one.field, reading.catalog) for one in sort]
            # First which ones, with their keys only: whole rows of every account would have to be sorted.
            ids = (
                select(ACCOUNT.c.id).select_from(reading.rows(criteria, *keys)).where(reading.meets(criteria))
            )
            first = reading.held and reading.held.first(criteria, sort, limit + offset)
            if first is not None:
                ids = (
                    select(ACCOUNT.c.id)
                    .select_from(reading.columns.rows(keys))
                    .where(ACCOUNT.c.id.in_(first))
                )
            most = _most_spent(reading, criteria, sort, limit + offset) if first is None else None
            ids = ids if most is None else ids.where(most)
            shown = ids.order_by(*order).limit(limit).offset(offset)
            query = _lines(reading.columns).where(ACCOUNT.c.id.in_(shown)).order_by(*order)
            values = [_value(reading, one) for one in further]
            fields = [field for _, field in values]
            query = query.add_columns(*(column for column, _ in values))
            return [_line(row, fields, reading.today) for row in reading.connection.execute(query)]

    def count(self, criteria: Node) -> int:
        """How many accounts meet the criteria.

        Raises:
            CriteriaError: as ``page``.
        """
        with self._reader.reading() as reading:
            held = reading.held and reading.held.count(criteria)
            if held is not None:
                return held
            query = select(func.count()).select_from(reading.rows(criteria)).where(reading.meets(criteria))
            return reading.connection.execute(query).scalar_one()

    def breakdown(self, criteria: Node, field_name: str) -> list[Group]:
        """How many per value of a field, largest first; accounts without a value last, as None.

        Texts that differ in case only are one value.

        Raises:
            CriteriaError: as ``page``; or a field whose values are not grouped.
        """
        with self._reader.reading() as reading:
            return breakdown(reading, criteria, field_name)

    def card(self, account_id: str) -> AccountCard | None:
        """Everything that is told of one account; None when there is no such account, or it is not seen."""
        with self._reader.reading() as reading:
            query = _lines(reading.columns).add_columns(ACCOUNT.c.website, ACCOUNT.c.phone)
            query = query.where(ACCOUNT.c.id == account_id, reading.seen)
            row = reading.connection.execute(query).one_or_none()
            if row is None:
                return None
            *values, website, phone = row
            line = AccountLine(*values)
            since, last_change, recorded = _changes(reading, account_id)
            open_count, open_minor = _open_deals(reading, account_id)
            explained = {one.segmentation: one for one in self._explain(account_id)}
            mine = explained.pop(reading.segmentation.name, None)
            advice = self._advise(account_id, line.label, reading.today.day)
            return AccountCard(
                line=line,
                segmentation=reading.segmentation.name,
                label_since=since,
                last_change=last_change,
                measured=mine.measured if mine is not None else "",
                why=mine.why if mine is not None and mine.why else recorded,
                further=tuple(explained.values()),
                open_deals=open_count,
                open_deals_minor=open_minor,
                last_deal_name=_last_purchase(reading, account_id),
                contacts=_contacts(reading, account_id),
                website=website,
                phone=phone,
                crm_url=self._crm_url(account_id),
                next_step=advice.next_step,
                offers=advice.offers,
            )

    def edition(self) -> Hashable:
        """What the words were read from: another value when they may have changed.

        A sync that finds nothing new leaves it as it is, so that no vocabulary is built anew at every poll.
        """
        with self._reader.reading() as reading:
            connection = reading.connection
            # Apart, because each by itself is a look into an index.
            accounts = (
                connection.execute(select(func.count()).select_from(ACCOUNT)).scalar_one(),
                connection.execute(select(func.max(ACCOUNT.c.modified_at))).scalar(),
            )
            described = connection.execute(select(_ORGANISATION.c.read_at)).scalar()
        return (*accounts, described)

    def as_of(self) -> datetime | None:
        """When the cache last agreed with the CRM; None before the first complete sync."""
        with self._reader.reading() as reading:
            mapping = reading.configuration.mapping
            rows = reading.connection.execute(select(_CURSOR.c.module, _CURSOR.c.high_water)).all()
        needed = {mapping.accounts.module, mapping.transactions.module}
        marks = [row.high_water for row in rows]
        complete = needed <= {row.module for row in rows} and None not in marks
        return min(marks) if complete else None

    def currency(self) -> str:
        """ISO code of the organisation's currency."""
        with self._reader.reading() as reading:
            currency = reading.connection.execute(select(_ORGANISATION.c.currency)).scalar()
            return currency or DEFAULT_CURRENCY

    def today(self) -> date:
        """The organisation's present day, in its time zone."""
        with self._reader.reading() as reading:
            return reading.today.day

    def together(self) -> AbstractContextManager[None]:
        """Everything that this thread reads meanwhile is read in one look."""
        return self._reader.together()

    @property
    def reader(self) -> AccountReader:
        """What opens the looks, for other books that are to share them."""
        return self._reader

    def reading(self) -> AbstractContextManager[Reading]:
        """One look at accounts, for what else is read of them by criteria."""
        return self._reader.reading()


def _lines(columns: AccountColumns) -> Select[Any]:
    """A query whose columns are the attributes of AccountLine, in their order."""
    bought = func.coalesce(SCORE.c.purchases, literal(0))
    spent = func.coalesce(SCORE.c.spend_minor, literal(0))
    return select(
        *(ACCOUNT.c.id, func.coalesce(ACCOUNT.c.name, literal(""))),
        *(SCORE.c.label, SCORE.c.r, SCORE.c.f, SCORE.c.m, SCORE.c.total),
        *(ACCOUNT.c.industry, ACCOUNT.c.city, ACCOUNT.c.state, ACCOUNT.c.country, OWNER.c.name),
        *(SCORE.c.last_purchase, bought, spent, ACCOUNT.c.annual_revenue_minor, ACCOUNT.c.employees),
    ).select_from(columns.rows())


def _value(reading: Reading, wanted: str | Fact) -> tuple[ColumnElement[Any], Field]:
    """Where a field or a fact of an account is, and as what it is shown."""
    if isinstance(wanted, Fact):
        return fact_value(wanted, reading.catalog, reading.columns, reading.today, reading.dialect)
    field = field_named(wanted, reading.catalog)
    return reading.columns(field), field


def _line(row: Row[Any], further: Sequence[Field], today: Today) -> AccountLine:
    own = len(row) - len(further)
    return replace(AccountLine(*row[:own]), further=cells(row[own:], further, today))


def _most_spent(
    reading: Reading, criteria: Node, sort: Sequence[Sort], needed: int
) -> ColumnElement[bool] | None:
    """That an account spent as much as the last one that is needed: the index on spend finds that many.

    None where another order is asked for, or so many have not spent anything.
    """
    first = field_named(sort[0].field, reading.catalog) if sort and sort[0].descending else None
    if first is None or first.source != "score.spend_minor" or needed < 1:
        return None
    spent = SCORE.c.spend_minor
    last = (
        select(spent)
        .select_from(reading.rows(criteria, first))
        .where(reading.meets(criteria), SCORE.c.segmentation == reading.segmentation.name, spent > 0)
        .order_by(spent.desc())
    )
    least = reading.connection.execute(last.limit(1).offset(needed - 1)).scalar()
    return None if least is None else spent >= least


def _stages(connection: Connection, scope: Scope) -> Iterable[str | None]:
    stage = TRANSACTION.c.stage
    if scope.everything:
        return occurring(connection, stage)
    seen = TRANSACTION.c.account_id.in_(seen_ids(scope, connection.dialect.name))
    return connection.execute(select(stage).distinct().where(seen)).scalars()


def _in_order(values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(sorted({value for value in values if value}))


def _changes(reading: Reading, account_id: str) -> tuple[datetime | None, LabelMove | None, tuple[str, ...]]:
    """Since when the label stands, the last change that was not a baseline, and its recorded reasons."""
    mine = (_CHANGE.c.account_id == account_id, _CHANGE.c.segmentation == reading.segmentation.name)
    newest = select(_CHANGE).where(*mine).order_by(_CHANGE.c.changed_at.desc(), _CHANGE.c.id.desc())
    last = reading.connection.execute(newest.limit(1)).one_or_none()
    if last is None:
        return None, None, ()
    real: Row[Any] | None = last
    if last.baseline:
        real = reading.connection.execute(newest.where(_CHANGE.c.baseline.is_(False)).limit(1)).one_or_none()
    move = LabelMove(real.changed_at, real.old_label, real.new_label) if real else None
    return last.changed_at, move, _recorded(last.facts)


def _recorded(facts: str) -> tuple[str, ...]:
    why = json.loads(facts).get("why", [])
    return tuple(str(sentence) for sentence in why)


def _open_deals(reading: Reading, account_id: str) -> tuple[int, int]:
    query = select(func.count(), func.coalesce(func.sum(TRANSACTION.c.amount_minor), 0))
    mine = query.where(TRANSACTION.c.account_id == account_id, is_open())
    count, minor = reading.connection.execute(mine).one()
    return count, int(minor)


def _last_purchase(reading: Reading, account_id: str) -> str | None:
    """The name of the newest deal, or the number of the newest document, that counts."""
    of, fields = reading.configuration, reading.catalog.open()
    try:
        counted = counted_purchases(reading.connection, of.contributions, of, reading.today, fields)
    except CriteriaError:
        return None  # of what does not fit any more, runs and checks tell
    found = counted.rows(told=True).subquery("purchase").c
    newest = (
        select(found.name)
        .where(found.account_id == account_id, found.is_purchase == 1)
        .order_by(found.day.desc(), found.id.desc())
    )
    return reading.connection.execute(newest.limit(1)).scalar()


def _contacts(reading: Reading, account_id: str) -> tuple[tuple[str, str | None, str | None], ...]:
    """Those with an e-mail address first."""
    name = func.coalesce(_CONTACT.c.name, _CONTACT.c.email)
    query = (
        select(name, _CONTACT.c.title, _CONTACT.c.email)
        .where(_CONTACT.c.account_id == account_id, name.is_not(None))
        .order_by(_CONTACT.c.email.is_(None), without_case(name, reading.columns.dialect), _CONTACT.c.id)
    )
    rows = reading.connection.execute(query.limit(CONTACTS_SHOWN))
    return tuple((name, title, email) for name, title, email in rows)
