"""A random organisation with deals, invoices and credit notes; and its figures, counted in plain Python."""

from __future__ import annotations

import json
import random
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert
from sqlmodel import SQLModel

from bot.language.question import Aggregate, Metric
from bot.store.figures import SqlFigureBook
from connector.cache.tables import FieldRow, UserRow
from tests.support.buying_world import BuyingWorld, counting

ZONE = ZoneInfo("America/New_York")
STAGES = ("Closed Won", "closed won", "Closed Lost", "Closed-Lost to Competition", "Negotiation", "", None)
INDUSTRIES = ("Retail", "retail", "medical", "Ämter", "ämter", "", None)
HUGE = 9 * 10**18
Row = dict[str, Any]


@dataclass
class Organisation:
    """What was put into the database."""

    today: date
    accounts: list[Row] = field(default_factory=list)
    deals: list[Row] = field(default_factory=list)
    documents: list[Row] = field(default_factory=list)
    users: dict[str, str | None] = field(default_factory=dict)

    def industry(self, account: str) -> str | None:
        found: str | None = next(one["industry"] for one in self.accounts if one["id"] == account)
        return found


def organisation(world: BuyingWorld, seed: int, accounts: int = 12, records: int = 120) -> Organisation:
    """Fill the database."""
    chance, made = random.Random(seed), Organisation(world.today())
    made.users = {"u1": "Darcel Schlecht", "u2": "Anna", "u3": "anna", "u4": None}
    world.add(*(UserRow(id=key, name=made.users[key], raw="{}") for key in ("u2", "u3", "u4")))
    world.add(FieldRow(module="Accounts", api_name="Seats", label="Seats", data_type="double"))
    world.books()
    world.books("EUR", "billing")
    made.accounts = [_account(chance, at) for at in range(accounts)]
    ids = [*(one["id"] for one in made.accounts), None, "ghost"]
    made.deals = [_deal(chance, at, ids, made.today) for at in range(records if accounts else 0)]
    made.documents = [_document(chance, at, ids, made.today) for at in range(records // 2 if accounts else 0)]
    with world.database.writes.begin() as connection:
        for name, rows in (
            ("crm_account", made.accounts), ("crm_transaction", made.deals), ("fin_document", made.documents)
        ):  # fmt: skip
            if rows:
                connection.execute(insert(SQLModel.metadata.tables[name]), rows)
    world.publish(
        counting(*PURCHASES).replace("[{product: books}]", "[{product: books}, {product: billing}]")
    )
    return made


PURCHASES = ("{from: deals, when: 'stage = \"Closed Won\"'}", "{from: invoices}", "{from: credit_notes}")


def _account(chance: random.Random, at: int) -> Row:
    seats = chance.choice([None, 1.25, 3, 2.5, -0.75])
    return {
        "id": f"a{at}",
        "name": f"Account {at}",
        "industry": chance.choice(INDUSTRIES),
        "annual_revenue_minor": chance.choice([None, 0, 1, 2, 7, -3, HUGE, chance.randrange(10**6)]),
        "employees": chance.choice([None, 1, 2, 5, 100]),
        "owner_id": chance.choice(["u1", "u2", None]),
        "raw": json.dumps({"Seats": seats}),
    }


def _day(chance: random.Random, today: date) -> date | None:
    return chance.choice([None, *(today - timedelta(days=chance.randrange(-40, 500)) for _ in range(12))])


def _deal(chance: random.Random, at: int, ids: Sequence[str | None], today: date) -> Row:
    created = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(700 * 24 * 60))
    return {
        "id": f"d{at}",
        "account_id": chance.choice(ids),
        "owner_id": chance.choice(["u1", "u2", "u3", "u4", "gone", None]),
        "stage": chance.choice(STAGES),
        "amount_minor": chance.choice([None, -5, 0, HUGE, *(chance.randrange(10**7) for _ in range(6))]),
        "occurred_on": _day(chance, today),
        "created_at": chance.choice([None, created, created, created]),
        "raw": "{}",
    }


def _document(chance: random.Random, at: int, ids: Sequence[str | None], today: date) -> Row:
    return {
        "source": chance.choice(["books", "books", "billing"]),
        "kind": chance.choice(["invoice", "credit_note"]),
        "id": f"f{at}",
        "status": "sent",
        "counts": chance.random() < 0.8,
        "account_id": chance.choice(ids),
        "occurred_on": _day(chance, today),
        "total_minor": chance.choice([None, 0, *(chance.randrange(10**7) for _ in range(5))]),
        "raw": "{}",
    }


def book(world: BuyingWorld) -> SqlFigureBook:
    """The book of figures over it."""
    return SqlFigureBook(world.database, lambda: world.configurations.current().configuration, world.clock)


@dataclass(frozen=True)
class Counted:
    """A record that counts."""

    account: str
    day: date | None
    minor: int = 0
    bought: bool = True
    won: bool = False
    owner: str | None = None


def purchases(of: Organisation) -> Iterator[Counted]:
    """What counts as a purchase, or gives money back."""
    for deal in of.deals:
        if (deal["stage"] or "").casefold() == "closed won":
            yield Counted(
                deal["account_id"],
                deal["occurred_on"],
                deal["amount_minor"] or 0,
                (deal["amount_minor"] or 0) >= 0,
            )
    for one in of.documents:
        minor = (one["total_minor"] or 0) if one["source"] == "books" else 0
        back = one["kind"] == "credit_note"
        if one["counts"]:
            yield Counted(one["account_id"], one["occurred_on"], -minor if back else minor, not back)


def deals(of: Organisation, metric: Metric) -> Iterator[Counted]:
    """The deals that a figure is made of."""
    for deal in of.deals:
        stage, minor, day = (deal["stage"] or "").casefold(), deal["amount_minor"] or 0, deal["occurred_on"]
        won, over = stage == "closed won", stage.startswith("closed")
        wanted = {
            Metric.LOST: over and not won,
            Metric.WIN_RATE: over,
            Metric.PIPELINE: not over,
            Metric.OPEN_DEALS: not over,
        }.get(metric, won)
        if metric is Metric.SALES_CYCLE:
            wanted = wanted and day is not None and deal["created_at"] is not None
            minor = (day - deal["created_at"].astimezone(ZONE).date()).days if wanted else 0
        if wanted:
            owner = of.users.get(deal["owner_id"] or "")
            yield Counted(deal["account_id"], day, minor, won=won, owner=owner)


BOUGHT = {Metric.REVENUE, Metric.PURCHASES, Metric.AVERAGE_PURCHASE, Metric.BUYERS}


def records(of: Organisation, metric: Metric, first: date | None, last: date | None) -> list[Counted]:
    """Those of accounts that are there, within a span."""
    known = {one["id"] for one in of.accounts}
    found = purchases(of) if metric in BOUGHT else deals(of, metric)
    mine = [one for one in found if one.account in known]
    if metric in BOUGHT:
        mine = [one for one in mine if one.day is not None and one.day <= of.today]
    return [
        one
        for one in mine
        if (first is None or (one.day is not None and one.day >= first))
        and (last is None or (one.day is not None and one.day <= last))
    ]


def figure_of(metric: Metric, found: Sequence[Counted]) -> tuple[Any, int]:
    """Value and number of records."""
    total, number = sum(one.minor for one in found), len(found)
    if metric in BOUGHT:
        number = sum(one.bought for one in found)
    numbers = {
        **dict.fromkeys((Metric.REVENUE, Metric.PIPELINE), total),
        **dict.fromkeys((Metric.PURCHASES, Metric.WON, Metric.LOST, Metric.OPEN_DEALS), number),
        Metric.BUYERS: len({one.account for one in found if one.bought}),
    }
    if metric in numbers or not number:
        return numbers.get(metric), number
    if metric is Metric.WIN_RATE:
        return Decimal(sum(one.won for one in found)) / number, number
    if metric is Metric.SALES_CYCLE:
        return floored(Fraction(total, number)), number
    return total // number, number


def floored(value: Fraction) -> Decimal:
    """Down to a ten-thousandth."""
    return Decimal(value.numerator * 10_000 // value.denominator) / 10_000


def aggregate(how: Aggregate, values: Sequence[Fraction], *, money: bool) -> Any:
    """What is made of the values of a field."""
    if how is Aggregate.SUM:
        return Decimal(int(sum(values) * 10_000)) / 10_000
    if not values:
        return None
    if how in {Aggregate.LOWEST, Aggregate.HIGHEST}:
        return exactly(min(values) if how is Aggregate.LOWEST else max(values))
    mean = Fraction(statistics.median(values) if how is Aggregate.MEDIAN else sum(values) / len(values))
    return int(exactly(Fraction(mean.numerator // mean.denominator))) if money else floored(mean)


def exactly(value: Fraction) -> Decimal:
    """A number that a decimal can hold."""
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal("0.0001"), ROUND_FLOOR)


def by_name(items: Sequence[Any], name: Callable[[Any], str | None]) -> dict[str | None, list[Any]]:
    """In groups; names that differ in case only are one, spelled as the first by code points."""
    spelled: dict[str, str] = {}
    groups = defaultdict[str | None, list[Any]](list)
    for one in items:
        named = name(one) or None
        key = None if named is None else named.casefold()
        if key is not None and named is not None:
            spelled[key] = min(spelled.get(key, named), named)
        groups[key].append(one)
    return {None if key is None else spelled[key]: found for key, found in groups.items()}
