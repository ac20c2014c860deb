"""Figures against counting by hand, on both databases."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from sqlalchemy import update

from bot.app.figure_ports import FigureRow
from bot.language.question import Aggregate, Course, Days, Figure, Metric, Span
from bot.language.spans import side_by_side
from bot.store.account_reading import AccountReader
from bot.store.figure_periods import MOST_PERIODS, first_day, number_of
from bot.store.places import ACCOUNT, TRANSACTION
from connector.cache.engine import Database
from connector.cache.tables import ProductRow, TransactionRow
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog
from scoring.criteria.parse import parse
from scoring.criteria.tree import Always, Calendar, Rolling, Unit
from tests.support import figures_by_hand as by_hand
from tests.support.buying_world import BuyingWorld, counting
from tests.support.scoring_world import database, shared_postgres  # noqa: F401  (fixtures)

OF_RECORDS = [one for one in Metric if one is not Metric.SHARE]
THIS_YEAR = Days(date(2026, 1, 1), date(2026, 12, 31))
LAST_YEAR = Days(date(2025, 1, 1), date(2025, 12, 31))
Expected = set[tuple[object, object, int, object]]


@pytest.fixture
def world(database: Database) -> BuyingWorld:  # noqa: F811
    return BuyingWorld(database)


def catalog(world: BuyingWorld) -> Catalog:
    configuration = world.configurations.current().configuration
    with AccountReader(world.database, lambda: configuration, world.clock).reading() as reading:
        return reading.catalog


def rows_of(rows: Sequence[FigureRow]) -> Expected:
    assert len({row.group for row in rows}) == len(rows)
    values = [row.value for row in rows if row.group is not None and row.value is not None]
    assert values == sorted(values, reverse=True), "largest first"
    assert all(row.group is not None for row in rows[:-1]), "without a value last"
    return {(row.group, row.value, row.records, row.versus) for row in rows}


def test_every_figure_is_what_counting_by_hand_gives(world: BuyingWorld) -> None:
    made = by_hand.organisation(world, 1)
    book = by_hand.book(world)
    for metric in OF_RECORDS:
        for span in (None, THIS_YEAR):
            found = by_hand.records(made, metric, *_ends(span))
            value, number = by_hand.figure_of(metric, found)
            assert book.figure(Always(), Figure(metric, span=span)) == [FigureRow(None, value, number)], (
                metric
            )
            groups = by_hand.by_name(found, lambda one: made.industry(one.account))
            expected = {(name, *by_hand.figure_of(metric, some), None) for name, some in groups.items()}
            assert rows_of(book.figure(Always(), Figure(metric, by="industry", span=span))) == expected, (
                metric
            )


def test_each_account_for_itself(world: BuyingWorld) -> None:
    made = by_hand.organisation(world, 2)
    with world.database.writes.begin() as connection:
        connection.execute(update(ACCOUNT).where(ACCOUNT.c.id < "a5").values(name="One"))
    names = {one["id"]: "One" if one["id"] < "a5" else one["name"] for one in made.accounts}
    book = by_hand.book(world)
    for metric in set(OF_RECORDS) - {Metric.BUYERS}:
        for span, most in ((None, 99), (THIS_YEAR, 3)):
            found = by_hand.records(made, metric, *_ends(span))
            before = by_hand.records(made, metric, *_ends(LAST_YEAR))
            accounts = list(dict.fromkeys(one.account for one in found))
            expected = []
            for account in accounts:
                value, number = by_hand.figure_of(metric, [one for one in found if one.account == account])
                then, _ = by_hand.figure_of(metric, [one for one in before if one.account == account])
                expected.append(FigureRow(names[account], value, number, then))
            figure = Figure(metric, by="each_account", span=span, versus=LAST_YEAR)
            rows = book.of_accounts(Always(), figure, most)
            values, every = ranks(rows.rows), sorted(ranks(expected), reverse=True)
            assert (values, rows.number) == (every[:most], len(accounts)), metric
            assert not Counter(rows.rows) - Counter(expected), metric


SPANS = (
    (Calendar(Unit.QUARTER, 0), None),
    (Calendar(Unit.MONTH, -1), None),
    (Rolling(200, Unit.DAY), None),
    (Days(date(2026, 3, 1), None), None),
    (Calendar(Unit.YEAR, 0), Calendar(Unit.YEAR, -1)),
)


@pytest.mark.parametrize(("span", "versus"), SPANS, ids=str)
def test_accounts_that_buy_less_or_more(world: BuyingWorld, span: Span, versus: Span | None) -> None:
    made = by_hand.organisation(world, 4, accounts=20, records=300)
    book = by_hand.book(world)
    names = {one["id"]: one["name"] for one in made.accounts}
    compared = side_by_side(span, versus, made.today)
    assert compared is not None
    for metric in (Metric.REVENUE, Metric.PURCHASES):
        found = [by_hand.records(made, metric, *_ends(one)) for one in compared]
        both = {
            account: [
                by_hand.figure_of(metric, [one for one in some if one.account == account]) for some in found
            ]
            for account in names
        }
        for course in Course:
            less = course is Course.WORSE
            expected = [
                (abs(now - then), FigureRow(names[account], now, number, then))
                for account, ((now, number), (then, _)) in both.items()
                if (now < then if less else now > then)
            ]
            figure = Figure(metric, by="each_account", span=span, versus=versus, course=course)
            for most in (99, 2):
                told = book.of_accounts(Always(), figure, most)
                changes = [abs((row.value or 0) - (row.versus or 0)) for row in told.rows]
                assert changes == sorted((change for change, _ in expected), reverse=True)[:most]
                assert not Counter(told.rows) - Counter(row for _, row in expected)
                assert (told.number, told.compared) == (len(expected), compared)
        assert both


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        (Figure(Metric.WIN_RATE, span=THIS_YEAR), "revenue and purchases are compared"),
        (Figure(Metric.REVENUE), "Say which period"),
        (Figure(Metric.REVENUE, span=Days(None, date(2026, 1, 1))), "Say which period"),
    ],
)
def test_what_cannot_be_compared_is_said(world: BuyingWorld, figure: Figure, said: str) -> None:
    by_hand.organisation(world, 14, accounts=2, records=2)
    with pytest.raises(CriteriaError, match=said):
        by_hand.book(world).of_accounts(Always(), replace(figure, by="each_account", course=Course.WORSE), 9)


def ranks(rows: Sequence[FigureRow]) -> list[tuple[bool, Decimal | int, int]]:
    return [(row.value is not None, row.value or 0, row.records) for row in rows]


@pytest.mark.parametrize(
    "figure", [Figure(Metric.BUYERS), Figure(Metric.SHARE), Figure(how=Aggregate.SUM, of="r")]
)
def test_what_is_no_figure_of_one_account_is_said(world: BuyingWorld, figure: Figure) -> None:
    by_hand.organisation(world, 14, accounts=2, records=2)
    with pytest.raises(CriteriaError, match="by a field of accounts ask for a list"):
        by_hand.book(world).of_accounts(Always(), replace(figure, by="each_account"), 9)


def _ends(span: Days | None) -> tuple[date | None, date | None]:
    return (None, None) if span is None else (span.first, span.last)


def test_deals_by_who_owns_them(world: BuyingWorld) -> None:
    made = by_hand.organisation(world, 3)
    book = by_hand.book(world)
    for metric in set(OF_RECORDS) - by_hand.BOUGHT:
        groups = by_hand.by_name(by_hand.records(made, metric, None, None), lambda one: one.owner)
        expected = {(name, *by_hand.figure_of(metric, some), None) for name, some in groups.items()}
        assert rows_of(book.figure(Always(), Figure(metric, by="deal_owner"))) == expected, metric
    with pytest.raises(CriteriaError, match="not deals alone"):
        book.figure(Always(), Figure(Metric.REVENUE, by="deal_owner"))


def test_by_what_is_sold(world: BuyingWorld) -> None:
    made = by_hand.organisation(world, 16)
    world.publish(counting(by_hand.PURCHASES[0]))
    made.documents.clear()
    sold = {"p1": "GTX", "p2": "gtx", "p3": "MG"}
    world.add(*(ProductRow(id=key, name=name, raw="{}") for key, name in sold.items()))
    chosen = [[*sold, "gone", None][at % 5] for at in range(len(made.deals))]
    with world.database.writes.begin() as connection:
        for one, product in zip(made.deals, chosen, strict=True):
            this = update(TRANSACTION).where(TRANSACTION.c.id == one["id"])
            connection.execute(this.values(product_id=product))
    names = {one["id"]: sold.get(product or "") for one, product in zip(made.deals, chosen, strict=True)}
    book = by_hand.book(world)
    for metric in OF_RECORDS:
        for span in (None, THIS_YEAR):
            found = [
                (names[one["id"]], record)
                for one in made.deals
                for record in by_hand.records(
                    by_hand.Organisation(made.today, made.accounts, [one]), metric, *_ends(span)
                )
            ]
            groups = by_hand.by_name(found, lambda pair: pair[0])
            expected = {
                (name, *by_hand.figure_of(metric, [record for _, record in some]), None)
                for name, some in groups.items()
            }
            rows = book.figure(Always(), Figure(metric, by="each_product", span=span))
            assert rows_of(rows) == expected, metric


def test_of_documents_it_is_not_known_what_is_sold(world: BuyingWorld) -> None:
    by_hand.organisation(world, 17, accounts=2, records=2)
    with pytest.raises(CriteriaError, match="not deals alone, of which alone the product is known"):
        by_hand.book(world).figure(Always(), Figure(Metric.REVENUE, by="each_product"))


def test_purchases_that_are_deals_have_owners(world: BuyingWorld) -> None:
    made = by_hand.organisation(world, 5)
    world.publish(counting(by_hand.PURCHASES[0]))
    made.documents.clear()
    owners = {one["id"]: made.users.get(one["owner_id"] or "") for one in made.deals}
    for metric in by_hand.BOUGHT:
        found = []
        for one in made.deals:
            alone = by_hand.Organisation(made.today, made.accounts, [one])
            found += [(owners[one["id"]], record) for record in by_hand.records(alone, metric, None, None)]
        groups = by_hand.by_name(found, lambda pair: pair[0])
        expected = {
            (name, *by_hand.figure_of(metric, [record for _, record in some]), None)
            for name, some in groups.items()
        }
        rows = by_hand.book(world).figure(Always(), Figure(metric, by="deal_owner"))
        assert rows_of(rows) == expected, metric


@pytest.mark.parametrize("unit", list(Unit))
def test_trends_have_every_period(world: BuyingWorld, unit: Unit) -> None:
    made = by_hand.organisation(world, 6)
    book = by_hand.book(world)
    span = Days(date(2026, 6, 10), date(2026, 12, 20))
    for metric in (Metric.REVENUE, Metric.BUYERS, Metric.WIN_RATE, Metric.SALES_CYCLE, Metric.PIPELINE):
        found = by_hand.records(made, metric, span.first, span.last)
        rows = book.figure(Always(), Figure(metric, every=unit, span=span))
        numbers = [number_of(row.group, unit, 1) for row in rows if isinstance(row.group, date)]
        assert numbers == list(range(numbers[0], numbers[-1] + 1))
        assert rows[0].group == first_day(number_of(date(2026, 6, 10), unit, 1), unit, 1)
        latest = max([made.today, *(one.day for one in found if one.day)])
        ahead = metric in {Metric.PIPELINE, Metric.OPEN_DEALS}
        assert numbers[-1] == number_of(date(2026, 12, 20) if ahead else latest, unit, 1)
        for row in rows:
            inside = [one for one in found if _begins(one.day, unit) == row.group]
            assert (row.value, row.records) == by_hand.figure_of(metric, inside), (metric, row.group)


def _begins(day: date | None, unit: Unit) -> date | None:
    return None if day is None else first_day(number_of(day, unit, 1), unit, 1)


def test_a_second_period_stands_beside_the_first(world: BuyingWorld) -> None:
    made = by_hand.organisation(world, 7)
    book = by_hand.book(world)
    figure = Figure(Metric.REVENUE, every=Unit.QUARTER, span=THIS_YEAR, versus=LAST_YEAR)
    rows = book.figure(Always(), figure)
    assert [row.group for row in rows] == [date(2026, month, 1) for month in (1, 4, 7, 10)]
    for row in rows:
        assert isinstance(row.group, date)
        before = row.group.replace(year=2025)
        inside = [
            one
            for one in by_hand.records(made, Metric.REVENUE, *_ends(LAST_YEAR))
            if _begins(one.day, Unit.QUARTER) == before
        ]
        assert row.versus == by_hand.figure_of(Metric.REVENUE, inside)[0]
    by = book.figure(Always(), Figure(Metric.WON, by="industry", span=THIS_YEAR, versus=LAST_YEAR))
    earlier = by_hand.by_name(
        by_hand.records(made, Metric.WON, *_ends(LAST_YEAR)), lambda one: made.industry(one.account)
    )
    assert {row.group: row.versus for row in by if row.versus} == {
        name: len(some) for name, some in earlier.items()
    }


@pytest.mark.parametrize("field", ["annual_revenue", "employees", "Seats"])
def test_fields_of_accounts(world: BuyingWorld, field: str) -> None:
    made = by_hand.organisation(world, 8, accounts=40)
    book = by_hand.book(world)
    values = [(one["industry"], _value(one, field)) for one in made.accounts]
    known = [(industry, value) for industry, value in values if value is not None]
    money = field == "annual_revenue"
    for how in Aggregate:
        expected = by_hand.aggregate(how, [value for _, value in known], money=money)
        assert book.figure(Always(), Figure(how=how, of=field)) == [FigureRow(None, expected, len(known))], (
            how
        )
        groups = by_hand.by_name(known, lambda pair: pair[0])
        wanted = {
            (name, by_hand.aggregate(how, [value for _, value in some], money=money), len(some), None)
            for name, some in groups.items()
        }
        assert rows_of(book.figure(Always(), Figure(how=how, of=field, by="industry"))) == wanted, how


def _value(account: by_hand.Row, field: str) -> Fraction | None:
    names = {"annual_revenue": "annual_revenue_minor", "employees": "employees"}
    value = json.loads(account["raw"])["Seats"] if field == "Seats" else account[names[field]]
    return None if value is None else Fraction(value)


def test_only_accounts_that_meet_the_criteria(world: BuyingWorld) -> None:
    made = by_hand.organisation(world, 9)
    book, criteria = by_hand.book(world), parse("industry = retail and employees > 1", catalog(world))
    mine = {
        one["id"]
        for one in made.accounts
        if (one["industry"] or "").casefold() == "retail" and (one["employees"] or 0) > 1
    }
    for metric in OF_RECORDS:
        found = [one for one in by_hand.records(made, metric, None, None) if one.account in mine]
        assert book.figure(criteria, Figure(metric)) == [FigureRow(None, *by_hand.figure_of(metric, found))]


def test_a_share_is_of_the_accounts_among_whom_it_is_asked(world: BuyingWorld) -> None:
    made = by_hand.organisation(world, 10)
    book, fields = by_hand.book(world), catalog(world)
    criteria, among = parse("employees > 1", fields), parse("industry is not empty", fields)
    named = [one for one in made.accounts if one["industry"]]
    large = [one for one in named if (one["employees"] or 0) > 1]
    (row,) = book.figure(criteria, Figure(Metric.SHARE, among=among))
    assert row == FigureRow(None, Decimal(len(large)) / len(named), len(named))
    rows = book.figure(criteria, Figure(Metric.SHARE, among=among, by="industry"))
    groups = by_hand.by_name(named, lambda one: one["industry"])
    assert rows_of(rows) == {
        (name, Decimal(sum((one["employees"] or 0) > 1 for one in some)) / len(some), len(some), None)
        for name, some in groups.items()
    }


def test_of_nothing_sums_are_0_and_averages_nothing(world: BuyingWorld) -> None:
    by_hand.organisation(world, 11, accounts=0)
    book = by_hand.book(world)
    for metric in OF_RECORDS:
        assert book.figure(Always(), Figure(metric)) == [FigureRow(None, *by_hand.figure_of(metric, []))]
    assert book.figure(Always(), Figure(Metric.REVENUE, by="industry")) == []
    assert book.figure(Always(), Figure(Metric.REVENUE, every=Unit.MONTH)) == []
    months = book.figure(Always(), Figure(Metric.WON, every=Unit.MONTH, span=Calendar(Unit.QUARTER, -1)))
    assert [row.group for row in months] == [date(2026, month, 1) for month in (7, 8, 9)]
    for how in Aggregate:
        (row,) = book.figure(Always(), Figure(how=how, of="employees"))
        assert row == FigureRow(None, 0 if how is Aggregate.SUM else None, 0)
    assert book.figure(Always(), Figure(Metric.SHARE)) == [FigureRow(None, None, 0)]


def test_the_fiscal_year_and_the_week_are_those_of_the_organisation(world: BuyingWorld) -> None:
    by_hand.organisation(world, 12)
    world.publish("organisation: {fiscal_year_starts: 2}\n" + counting(by_hand.PURCHASES[0]))
    book = by_hand.book(world)
    quarters = book.figure(Always(), Figure(Metric.REVENUE, every=Unit.QUARTER, span=Calendar(Unit.YEAR, -1)))
    assert [row.group for row in quarters] == [
        date(2025, 2, 1),
        date(2025, 5, 1),
        date(2025, 8, 1),
        date(2025, 11, 1),
    ]
    weeks = book.figure(Always(), Figure(Metric.REVENUE, every=Unit.WEEK, span=Rolling(2, Unit.WEEK)))
    assert {row.group.weekday() for row in weeks if isinstance(row.group, date)} == {0}


def test_a_trend_is_bounded(world: BuyingWorld) -> None:
    by_hand.organisation(world, 13)
    world.add(
        TransactionRow(
            id="old",
            account_id="a1",
            stage="Closed Won",
            occurred_on=date(202, 1, 1),
            amount_minor=1,
            raw="{}",
        )
    )
    book = by_hand.book(world)
    for figure in (Figure(Metric.WON, every=Unit.MONTH), Figure(Metric.WON, every=Unit.DAY, span=THIS_YEAR)):
        with pytest.raises(CriteriaError, match=f"at most {MOST_PERIODS} "):
            book.figure(Always(), figure)


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        (Figure(), "Say which number"),
        (Figure(Metric.WON, by="industry", every=Unit.MONTH), "one at a time"),
        (Figure(how=Aggregate.SUM, of="employees", span=THIS_YEAR), "without periods"),
        (Figure(how=Aggregate.SUM, of="employees", by="deal_owner"), "no deal owner"),
        (Figure(how=Aggregate.SUM, of="employees", by="each_product"), "Products are those of purchases"),
        (Figure(how=Aggregate.SUM, of="industry"), "industry is a text field"),
        (Figure(how=Aggregate.SUM, of="nothing"), "nothing"),
        (Figure(Metric.WON, by="annual_revenue"), "not counted by annual_revenue"),
        (Figure(Metric.WON, by="nowhere"), "nowhere"),
    ],
)
def test_what_does_not_go_together_is_said(world: BuyingWorld, figure: Figure, said: str) -> None:
    by_hand.organisation(world, 14, accounts=2, records=2)
    with pytest.raises(CriteriaError, match=said):
        by_hand.book(world).figure(Always(), figure)


def test_what_does_not_count_is_remarked(world: BuyingWorld) -> None:
    made = by_hand.organisation(world, 15)
    book = by_hand.book(world)
    alone = sum(
        one["account_id"] is None for one in made.deals if (one["stage"] or "").casefold() == "closed won"
    )
    assert f"Deals without an account do not count: {alone}." in book.remarks(Figure(Metric.WON))
    assert any("count as 0" in one for one in book.remarks(Figure(Metric.PIPELINE)))
    said = " ".join(book.remarks(Figure(Metric.REVENUE)))
    assert "Zoho Billing is in EUR" in said
    assert "no account, no date or a later one" in said
    assert book.remarks(Figure(how=Aggregate.SUM, of="employees")) == ()
