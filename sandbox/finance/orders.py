"""Estimates and sales orders of a few of the data set's orders; vendors, and purchase orders to them."""

from __future__ import annotations

from datetime import timedelta

from sandbox.finance.documents import Line
from sandbox.finance.organisation import FIRST_CONTACT, FIRST_ITEM, Build, salesperson
from sandbox.finance.parties import Party, contact
from sandbox.finance.rules import instant
from sandbox.finance.sales import Deal, Paper, estimate, purchase_order, sales_order
from sandbox.finance.source import SourceOrder, SourceProduct
from sandbox.finance.wire import identity
from sandbox.zoho.invented import number_for, phone_of, slug

FIRST_ESTIMATE, FIRST_SALES_ORDER, FIRST_PURCHASE_ORDER = 40_000_000, 50_000_000, 60_000_000
FIRST_VENDOR = 400_000  # after FIRST_CONTACT
RECENT_DAYS, ONE_IN_QUOTED, ONE_IN_ORDERED = 200, 4, 3
OPEN_ESTIMATES = ("accepted", "sent", "declined", "expired", "draft", "viewed")
OPEN_ORDERS = ("open", "draft", "void", "open")
OPEN_COUNT = 36
VENDORS, FEWEST_PRODUCTS = 12, 4
MONTHS = 12
OLD_ORDERS_BILLED = 2  # months
NEW_ORDERS = ("open", "draft", "received", "cancelled")


def build_orders(build: Build) -> None:
    """Everything that is promised rather than owed."""
    latest = sorted(build.source.orders, key=lambda one: (one.day, one.number), reverse=True)
    end = latest[0].day
    recent = [one for one in latest if (end - one.day).days <= RECENT_DAYS]
    quoted = [one for one in recent if number_for(f"quoted {one.number}", ONE_IN_QUOTED) == 0]
    ordered = [one for one in recent if number_for(f"ordered {one.number}", ONE_IN_ORDERED) == 0]
    papers = [_paper(build, one, "EST", at, "invoiced") for at, one in enumerate(quoted)]
    for at, one in enumerate(recent[:OPEN_COUNT]):
        status = OPEN_ESTIMATES[at % len(OPEN_ESTIMATES)]
        papers.append(_paper(build, one, "EST", len(quoted) + at, status))
    for paper in papers:
        build.archive.place("estimates", estimate(paper))
    orders = [_paper(build, one, "SO", at, "invoiced") for at, one in enumerate(ordered)]
    for at, one in enumerate(recent[:OPEN_COUNT]):
        orders.append(_paper(build, one, "SO", len(ordered) + at, OPEN_ORDERS[at % len(OPEN_ORDERS)]))
    for paper in orders:
        build.archive.place("salesorders", sales_order(paper))
    _buy(build)


def _paper(build: Build, order: SourceOrder, prefix: str, at: int, status: str) -> Paper:
    first = FIRST_ESTIMATE if prefix == "EST" else FIRST_SALES_ORDER
    key = f"{prefix} {status} {order.number}"
    before = timedelta(days=2 + number_for(key, 10))
    day = build.calendar.day(order.day) - before
    created = instant(day, key)
    return Paper(
        identity(first + 10 * at),
        f"{prefix}-{at + 1:05}",
        build.customers[order.reseller],
        day,
        created,
        build.lines(order),
        status,
        reference=order.number,
        salesperson=salesperson(order.employee),
        deal=build.deals.get(order.reseller, Deal()),
        modified=max(created, instant(day + timedelta(days=1), f"changed {key}")),
        viewed=created + 60 if status in {"accepted", "viewed", "invoiced"} else None,
    )


def _buy(build: Build) -> None:
    """A purchase order a month to each vendor of the last year."""
    by_kind: dict[str, list[SourceProduct]] = {}
    for product in build.source.products:
        by_kind.setdefault(product.subcategory, []).append(product)
    numbers = 0
    kinds = sorted(one for one in by_kind.items() if len(one[1]) >= FEWEST_PRODUCTS)
    for at, (kind, products) in enumerate(kinds[:VENDORS]):
        name = f"{kind} Supply"
        host = f"{slug(name)}.example"
        party = Party(name, "vendor", "", "", f"orders@{host}", phone_of(name), f"https://{host}")
        vendor = contact(identity(FIRST_CONTACT + FIRST_VENDOR + 2 * at), build.began, party)
        build.archive.place("contacts", vendor)
        for month in range(MONTHS):
            numbers += 1
            day = build.calendar.yesterday - timedelta(days=30 * month + number_for(f"{kind} {month}", 20))
            lines = [
                Line(identity(next(build.line_ids)), identity(FIRST_ITEM + one.key), one.name, 20, one.cost)
                for one in products[month % 3 : month % 3 + 5]
            ]
            status = "billed" if month > OLD_ORDERS_BILLED else NEW_ORDERS[(at + month) % len(NEW_ORDERS)]
            created = instant(day, f"{kind} {month}")
            place = identity(FIRST_PURCHASE_ORDER + 10 * numbers)
            paper = Paper(place, f"PO-{numbers:05}", vendor, day, created, lines, status)
            build.archive.place("purchaseorders", purchase_order(paper))
