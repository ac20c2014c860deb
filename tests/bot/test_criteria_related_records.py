"""What is asked of an account's related records, over the tables of the cache, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from bot.store.accounts import SqlAccountBook
from bot.store.catalog import (
    Joined,
)
from connector.cache.engine import Database
from scoring.config import FinanceSource, Segment, Syncing
from scoring.criteria.canonical import canonical
from scoring.criteria.parse import parse
from tests.support.account_world import CONFIGURATION, StoppedClock, add, deal, settle

SEGMENTS = (
    Segment(name="Berlin VIPs", criteria="city = Berlin and label = VIP"),
    Segment(name="Watched", criteria='in segment "Berlin VIPs" or label = "At Risk"'),
    Segment(name="Hen", criteria="in segment Egg and r > 1"),
    Segment(name="Egg", criteria="not in segment Hen"),
    Segment(name="Broken", criteria="colour = red"),
)
WHOLE = CONFIGURATION.model_copy(
    update={
        "segments": SEGMENTS,
        "sync": Syncing(also=("Calls", "Invoices")),
        "finance": (FinanceSource(product="books"),),
    }
)
MORNING = datetime(2026, 3, 30, 9, tzinfo=UTC)


def _field(module: str, name: str, label: str, kind: str) -> dict[str, Any]:
    return {"module": module, "api_name": name, "label": label, "data_type": kind}


def document(number: int, account_id: str, kind: str, cents: int, day: date) -> dict[str, Any]:
    key = {"source": "books", "kind": kind, "id": f"i{number}", "raw": "{}"}
    return {**key, "account_id": account_id, "total_minor": cents, "occurred_on": day, "counts": True}


def populate(database: Database) -> None:
    """The small organisation, with people, products, calls, invoices and events."""
    settle(database)
    add(
        database,
        "crm_product",
        {"id": "p1", "name": "GTX Pro", "category": "Hardware", "raw": '{"Line": "Gold"}'},
        {"id": "p2", "name": "MG Advanced", "category": "Software", "unit_price_minor": 99_00, "raw": "{}"},
    )
    sold = {"stage": "Closed Won", "amount_minor": 5_00, "raw": "{}"}
    add(
        database,
        "crm_transaction",
        {**sold, "id": "s1", "account_id": "a2", "product_id": "p1", "occurred_on": date(2026, 2, 1)},
        {**sold, "id": "s2", "account_id": "a2", "product_id": "p1", "occurred_on": date(2026, 3, 2)},
        {**sold, "id": "s3", "account_id": "a3", "product_id": "p2", "occurred_on": date(2025, 3, 2)},
        {**deal(20, "a3", "Proposal", 40_00, None), "product_id": "p1"},
    )
    add(
        database,
        "crm_contact",
        {
            "id": "c1",
            "account_id": "a1",
            "name": "Ada",
            "title": "CEO",
            "email": "ada@x.example",
            "raw": "{}",
        },
        {"id": "c2", "account_id": "a1", "name": "Bo", "title": None, "raw": '{"Role": "Buyer"}'},
        {"id": "c3", "account_id": "a2", "name": "Cy", "title": "deputy ceo", "raw": "{}", "owner_id": "u1"},
    )
    call = {"module": "Calls", "raw": '{"Call_Type": "Missed"}', "created_at": MORNING}
    add(
        database,
        "crm_record",
        {**call, "id": "r1", "account_id": "a1", "name": "About prices"},
        {**call, "id": "r2", "account_id": "a2", "raw": "{}"},
        {**call, "id": "r3", "module": "Invoices", "account_id": "a3"},
    )
    add(
        database,
        "fin_document",
        document(1, "a3", "invoice", 70_00, date(2026, 1, 5)),
        document(2, "a3", "invoice", 30_00, date(2026, 3, 5)),
        document(3, "a1", "credit_note", 10_00, date(2026, 3, 5)),
    )
    line = {"source": "books", "kind": "invoice", "document_id": "i2"}
    add(database, "fin_line", {**line, "line_id": "1", "name": "gtx pro"})
    event = {"source": "crm.emails", "raw": "{}", "event_type": "email_opened", "occurred_at": MORNING}
    add(
        database,
        "engagement_event",
        {**event, "raw_id": "e1", "account_id": "a1"},
        {**event, "raw_id": "e2", "account_id": "a1", "occurred_at": datetime(2025, 1, 1, tzinfo=UTC)},
        {**event, "raw_id": "e3", "account_id": "a4", "event_type": "form", "score": -50},
    )
    add(
        database,
        "crm_field",
        _field("Contacts", "Role", "Buying role", "text"),
        _field("Calls", "Call_Type", "Call Type", "text"),
        _field("Products", "Line", "Product line", "text"),
    )


def book_of(database: Database, *joined: Joined) -> SqlAccountBook:
    return SqlAccountBook(database, lambda: WHOLE, StoppedClock(), lambda _id: None, joined=joined)


# Criteria -> accounts. Of a1: won 1, 4 and 31 March (the last is tomorrow), lost 20 March, two without a day.
MEANT = {
    "any contact": {"a1", "a2"},
    "no contact": {"a3", "a4"},
    "any contact where title contains CEO": {"a1", "a2"},
    'any contact where (title = CEO and email is not empty) and industry = "medical"': {"a1"},
    "any contact where title contains ceo and label = VIP": {"a1"},
    'any contact where "Buying role" = buyer': {"a1"},
    "any contact where owner = Darcel Schlecht": {"a2"},
    "all contacts where title contains CEO": {"a2", "a3", "a4"},
    "not all contacts where (title contains CEO)": {"a1"},
    "contacts.count = 2": {"a1"},
    "contacts.count between 1 and 2": {"a1", "a2"},
    "count of contacts where title is empty = 0": {"a2", "a3", "a4"},
    "no open deal": {"a2", "a4"},
    "any open deal where amount > 30": {"a1", "a3"},
    "open_deals.sum(amount) = 57": {"a1"},
    'count of deals where stage = "Closed Won" and closing_date in this year > 2': {"a1"},
    'deals.sum(amount) where (stage = "closed won") >= 301': {"a1"},
    "deals.sum(amount) = 0": {"a4"},
    "deals.average(amount) > 100": {"a1"},
    "deals.smallest(amount) < 5": {"a1"},
    "deals.largest(amount) is empty": {"a4"},
    "deals.first(closing_date) in (2026-03-01, 2026-01-01)": {"a1", "a2"},
    "deals.last(closing_date) before 90 days ago": {"a3"},
    "deals.last(Closing_Date) older than 4 weeks": {"a3"},
    "deals.last(occurred_on) is empty": {"a4"},
    "bought": {"a1", "a2", "a3"},
    'bought "gtx pro"': {"a2"},
    "bought GTX Pro since 30 days ago": {"a2"},
    "bought GTX Pro before 2026-02-01": set(),
    "bought GTX Pro between 2026-02-01 and 2026-02-28": {"a2"},
    "not bought since 3 months ago": {"a3", "a4"},
    "bought in this month": {"a1", "a2"},
    "bought product where category = software": {"a3"},
    'bought product where ("Product line" = Gold and unit_price is empty)': {"a2"},
    "bought product since 2026-01-01 where code is empty": {"a1", "a2"},
    "purchases.count = 2": {"a1", "a2"},
    "purchases.largest(amount) where (occurred_on in last 30 days) = 200": {"a1"},
    "products.count = 1": {"a2", "a3"},
    "any product where category = Hardware": {"a2"},
    "no product": {"a1", "a4"},
    "any call where (Call_Type = missed and created = 2026-03-30)": {"a1"},
    "Calls.count > 0": {"a1", "a2"},
    "any crm_Invoice": {"a3"},
    "invoices.sum(amount) = 100": {"a3"},
    'any invoice where items has "GTX Pro"': {"a3"},
    "any invoice where (due_date is empty and counts = yes and amount > 50)": {"a3"},
    "credit_notes.count > 0": {"a1"},
    "no subscription and no payment and any invoice": {"a3"},
    "any engagement event where (kind = email_opened and occurred in last 7 days)": {"a1"},
    "engagement_events.last(occurred) = 2026-03-30": {"a1", "a4"},
    "engagement_events.smallest(rating) < 0": {"a4"},
    'in segment "berlin vips"': {"a1"},
    "in segment Watched": {"a1", "a2"},
    "not in segment Watched and r > 0": {"a3"},
    'label."Purchase behaviour" = Loyal and r."Purchase behaviour" = 4': {"a1"},
    'total_spend."Purchase behaviour" = 0': {"a2", "a3", "a4"},
}


def test_what_is_asked_of_related_records(database: Database) -> None:
    populate(database)
    book = book_of(database)
    catalog = book.catalog()
    found = {}
    for text in MEANT:
        node = parse(text, catalog)
        assert parse(canonical(node, catalog), catalog) == node
        found[text] = {one.id for one in book.page(node, (), 10)}
    assert found == MEANT
