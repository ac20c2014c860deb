"""The organisation: the data set's resellers, products and orders as Finance documents.

Dates are shifted by whole days so that the last order was yesterday. An invoice's amounts are the data
set's own figures in the invoice's currency, so the sum of all totals is the sum of SalesAmount, void ones
included. Statuses, payments, credit notes, estimates, orders and vendors follow from seeded rules. Statuses
do not change by themselves when the clock moves on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count

from sandbox.finance.crm_side import CrmSide
from sandbox.finance.documents import Archive, Document, Line
from sandbox.finance.parties import Article, Links, Party, contact, item
from sandbox.finance.receipts import add_credit_notes, add_payments
from sandbox.finance.rules import Calendar, Fate, fate, instant, terms_of
from sandbox.finance.sales import Deal, Paper, invoice
from sandbox.finance.source import Source, SourceOrder, SourceReseller, read_source
from sandbox.finance.wire import HOME, identity, today
from sandbox.zoho.clock import SandboxClock
from sandbox.zoho.invented import FIRST_NAMES, LAST_NAMES, number_for, people_of, phone_of, slug

FIRST_CONTACT, FIRST_ITEM, FIRST_INVOICE, FIRST_LINE = 1_000_000, 2_000_000, 10_000_000, 100_000_000
CURRENCIES = {
    "Canada": "CAD",
    "France": "EUR",
    "Germany": "EUR",
    "United Kingdom": "GBP",
    "Australia": "AUD",
}
FOREIGN_PER_COUNTRY = 2
# Which buying resellers, in the order of their keys, belong to an account of the CRM, and how that shows.
BY_ACCOUNT, BY_CONTACT, BY_DEAL, BY_EMAIL = range(50), range(50, 60), range(60, 70), range(70, 75)
INACTIVE_AFTER_DAYS = 700


@dataclass
class Build:
    """What is at hand while the organisation is built; ``fates`` by invoice id."""

    archive: Archive
    source: Source
    calendar: Calendar
    crm: CrmSide
    began: int
    line_ids: Iterator[int] = field(default_factory=lambda: count(FIRST_LINE, 2))
    customers: dict[int, Document] = field(default_factory=dict)
    deals: dict[int, Deal] = field(default_factory=dict)
    invoices: list[tuple[SourceOrder, Document, Fate]] = field(default_factory=list)

    def lines(self, order: SourceOrder) -> list[Line]:
        """The lines of an order, with ids of their own."""
        items = self.archive.of("items")
        made = []
        for product, quantity, price in order.lines:
            which = identity(FIRST_ITEM + product)
            name = str(items[which].values["name"])
            made.append(Line(identity(next(self.line_ids)), which, name, quantity, price))
        return made


def start_build(clock: SandboxClock, crm: CrmSide) -> Build:
    """Everything is read, nothing is made yet."""
    source = read_source()
    now = today(clock)
    shift = now - timedelta(days=1) - max(order.day for order in source.orders)
    calendar = Calendar(shift, now)
    first = calendar.day(min(order.day for order in source.orders))
    return Build(Archive(clock), source, calendar, crm, instant(first - timedelta(days=30), "start"))


def build_sales(build: Build) -> None:
    """Items, customers, invoices, and what was paid and credited on them."""
    _add_items(build)
    _add_customers(build)
    _add_invoices(build)
    add_payments(build.archive, build.invoices)
    add_credit_notes(build.archive, build.calendar, build.invoices, build.line_ids)


def salesperson(employee: int) -> tuple[str, str]:
    """Id and name of an employee, of whom the data set has a number only."""
    first = FIRST_NAMES[number_for(f"first {employee}", len(FIRST_NAMES))]
    return identity(
        5_000 + employee
    ), f"{first} {LAST_NAMES[number_for(f'last {employee}', len(LAST_NAMES))]}"


def _add_items(build: Build) -> None:
    """Items; those that nobody ordered lately are inactive."""
    price: dict[int, int] = {}
    last: dict[int, int] = {}
    end = max(order.day for order in build.source.orders)
    for order in build.source.orders:
        for product, _, cents in order.lines:
            price[product] = cents
            last[product] = (end - order.day).days
    for one in build.source.products:
        active = last.get(one.key, 0) < INACTIVE_AFTER_DAYS
        article = Article(
            one.name,
            f"AW-{one.key}",
            f"{one.subcategory}, {one.colour}" if one.colour != "NA" else one.subcategory,
            price.get(one.key, one.cost * 2),
            one.cost,
            one.category,
            "active" if active else "inactive",
        )
        build.archive.place("items", item(identity(FIRST_ITEM + one.key), build.began, article))


def _add_customers(build: Build) -> None:
    first_days: dict[int, SourceOrder] = {}
    for order in build.source.orders:
        first_days.setdefault(order.reseller, order)
    buyers = [one for one in build.source.resellers if one.key in first_days]
    place = {one.key: at for at, one in enumerate(buyers)}
    currencies = _currencies(buyers)
    names: set[str] = set()
    for reseller in build.source.resellers:
        party = _party(build, reseller, place.get(reseller.key, -1), currencies.get(reseller.key, HOME))
        if reseller.name in names:
            party = replace(party, name=f"{reseller.name}, {reseller.city}", company=reseller.name)
        names.add(reseller.name)
        created = build.began
        if reseller.key in first_days:
            opened = build.calendar.day(first_days[reseller.key].day) - timedelta(days=3)
            created = instant(opened, f"opened {reseller.key}")
        document = contact(identity(FIRST_CONTACT + 2 * reseller.key), created, party)
        if reseller.key not in first_days and number_for(f"left {reseller.key}", 3) == 0:
            document.values["status"] = "inactive"
        build.customers[reseller.key] = document
        build.archive.place("contacts", document)


def _currencies(buyers: list[SourceReseller]) -> dict[int, str]:
    """The few resellers who buy in a currency of their own."""
    taken: dict[str, int] = {}
    chosen = {}
    for one in buyers:
        currency = CURRENCIES.get(one.country)
        if currency and taken.get(one.country, 0) < FOREIGN_PER_COUNTRY:
            taken[one.country] = taken.get(one.country, 0) + 1
            chosen[one.key] = currency
    return chosen


def _party(build: Build, reseller: SourceReseller, place: int, currency: str) -> Party:
    person = people_of(reseller.name)[0]
    account = build.crm.accounts[place] if 0 <= place < len(build.crm.accounts) else None
    links, email = Links(), person.email
    if account is not None:
        related = account.person
        if place in BY_ACCOUNT:
            links = Links(account.id, related.id if related is not None and place % 2 else "")
        elif place in BY_CONTACT and related is not None:
            links = Links(contact=related.id)
        elif place in BY_DEAL and account.deal is not None:
            build.deals[reseller.key] = Deal(*account.deal)
        elif place in BY_EMAIL and related is not None:
            email = related.email
    return Party(
        reseller.name,
        first_name=person.first_name,
        last_name=person.last_name,
        email=email,
        phone=phone_of(reseller.name),
        website=f"https://{slug(reseller.name)}.example",
        city=reseller.city,
        state=reseller.state,
        country=reseller.country,
        currency=currency,
        terms=terms_of(reseller.key),
        notes=reseller.business,
        links=links,
    )


def _add_invoices(build: Build) -> None:
    """Ids ascend with the order's number, as they do where documents are numbered one after another."""
    for at, order in enumerate(sorted(build.source.orders, key=lambda one: (one.day, one.number))):
        customer = build.customers[order.reseller]
        day = build.calendar.day(order.day)
        due = day + timedelta(days=int(customer.values["payment_terms"]))
        end = fate(order, day, due, build.calendar)
        created = instant(day, order.number)
        looked = day + timedelta(days=number_for(f"looked {order.number}", 9))
        viewed = end.status in {"viewed", "paid", "partially_paid"} and looked <= build.calendar.yesterday
        paper = Paper(
            identity(FIRST_INVOICE + 10 * at),
            f"INV-{order.number[2:]}",
            customer,
            day,
            created,
            build.lines(order),
            end.status,
            reference=order.number,
            salesperson=salesperson(order.employee),
            deal=build.deals.get(order.reseller, Deal()),
            viewed=max(created, instant(looked, f"looked {order.number}")) if viewed else None,
        )
        document = invoice(paper)
        build.archive.place("invoices", document)
        build.invoices.append((order, document, end))
