"""What is asked of an account's related records, over the tables of the cache, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, Select, Table, select, true
from sqlalchemy import text as text_of

from bot.store.account_facts import read_facts
from bot.store.accounts import SqlAccountBook
from bot.store.catalog import (
    account_catalog,
    contact_catalog,
    product_catalog,
    record_catalog,
)
from bot.store.columns import AccountColumns
from bot.store.criteria_sql import where
from bot.store.places import (
    ACCOUNT,
    CONTACT,
    PRODUCT,
    RECORD,
    ContactColumns,
    ProductColumns,
    RecordColumns,
)
from connector.cache.engine import Database
from scoring.config import Configuration, FinanceSource, Segment, Syncing
from scoring.criteria.canonical import canonical
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog
from scoring.criteria.parse import parse
from scoring.criteria.periods import Today
from scoring.label_rules import read_rules
from scoring.labels import assign
from scoring.rfm_config import RfmSegmentation
from scoring.shape import Label
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
        {
            **sold,
            "id": "s1",
            "account_id": "a2",
            "product_id": "p1",
            "contact_id": "c3",
            "occurred_on": date(2026, 2, 1),
        },
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


def book_of(database: Database) -> SqlAccountBook:
    return SqlAccountBook(database, lambda: WHOLE, StoppedClock(), lambda _id: None)


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
    'any deal where ("contact.title" contains ceo and account = ACME)': {"a2"},
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


REFUSED = {
    "in segment Hen": "A segment cannot be made of itself: Hen is made of Egg is made of Hen.",
    "in segment Broken": "The segment Broken cannot be used. There is no field colour.",
    "churn_risk > 60%": "churn_risk is known once there is a segmentation of the technique leaving.",
    "engagement >= 80": "engagement is known once there is a segmentation of the technique engagement.",
    "market segment has Enterprise": "There are no market segments yet",
    "any invoice where stage = x": "There is no field stage.",
    "any cal": "Did you mean Calls",
    "bought GTX Proo": "Did you mean GTX Pro",
    "any contact where any deal": "Conditions on contacts cannot ask for other records, such as deal",
    "any contact where (account.label = VIP)": "There is no field account.label.",
    "deals.sum(stage) > 1": "sum is of number or money fields, but stage is a text field.",
}


def refusal(text: str, database: Database, configuration: Configuration) -> str:
    with database.reads.connect() as connection:
        catalog = account_catalog(connection, configuration)
    with pytest.raises(CriteriaError) as caught:
        parse(text, catalog)
    return str(caught.value)


def test_what_cannot_be_asked_is_said_in_a_sentence(database: Database) -> None:
    populate(database)
    said = {text: refusal(text, database, WHOLE) for text in REFUSED}
    assert {text: sentence for text, sentence in said.items() if REFUSED[text] not in sentence} == {}
    assert refusal("any invoice", database, CONFIGURATION) == (
        "There are no invoices: no product of Zoho Finance is connected."
    )
    counting = CONFIGURATION.segmentations[0].model_copy(update={"transactions": "stange = won"})
    broken = CONFIGURATION.model_copy(update={"segmentations": (counting,)})
    assert "the criteria of purchases do not fit: There is no field stange." in refusal(
        "bought", database, broken
    )


STANDALONE = {
    "contacts": {
        "account = konex and title is not empty": {"c1"},
        'account.label = "At Risk" and account.industry = medical': {"c3"},
        '"Buying role" = buyer or owner = Darcel Schlecht': {"c2", "c3"},
    },
    "products": {"category = hardware": {"p1"}, "unit_price < 100 or Line = Gold": {"p1", "p2"}},
    "calls": {"Call_Type = missed and created in this month": {"r1"}, "name is empty": {"r2"}},
}


def test_contacts_products_and_other_modules_have_criteria_of_their_own(database: Database) -> None:
    populate(database)
    dialect, today = database.dialect, Today(date(2026, 3, 30))
    calls = RecordColumns("Calls", dialect)
    with database.reads.connect() as connection:
        places: dict[str, tuple[Table, Any, Catalog]] = {
            "contacts": (CONTACT, ContactColumns("RFM", dialect), contact_catalog(connection, WHOLE)),
            "products": (PRODUCT, ProductColumns(dialect), product_catalog(connection, WHOLE)),
            "calls": (RECORD, calls, record_catalog(connection, "Calls")),
        }

        def found(place: str, text: str) -> set[str]:
            table, columns, catalog = places[place]
            holds = where(parse(text, catalog), catalog, columns, today, dialect)
            mine = calls.mine() if place == "calls" else true()
            query = select(table.c.id).select_from(columns.rows()).where(holds, mine)
            return set(connection.execute(query).scalars())

        asked = {place: {text: found(place, text) for text in texts} for place, texts in STANDALONE.items()}
    assert asked == STANDALONE


def test_labels_may_speak_of_related_records(database: Database) -> None:
    populate(database)
    rules = (
        Label(name="Known", when='any contact where title contains CEO and in segment "Big buyers"'),
        Label(name="Cold", when="no open deal and not bought since 30 days ago"),
    )
    segmentation = WHOLE.of(RfmSegmentation)[0].model_copy(update={"labels": rules})
    big = Segment(name="Big buyers", criteria="purchases.sum(amount) > 100 and r > 1")
    configuration = WHOLE.model_copy(update={"segments": (big,)})
    today = Today(date(2026, 3, 30))
    with database.reads.connect() as connection:
        facts = read_facts(connection, segmentation, configuration, today)
    frame = facts.frame.set_index(facts.ids.to_pandas()).assign(r=5)
    found = assign(frame, read_rules(rules, facts.catalog), facts.catalog, today)
    assert dict(zip(frame.index, found, strict=True)) == {"a1": "Known", "a2": None, "a3": None, "a4": "Cold"}


INDEXED = {
    'bought "GTX Pro"': "crm_transaction",
    "deals.sum(amount) where (stage = won) > 1": "crm_transaction",
    "no open deal": "crm_transaction",
    "products.count > 1": "crm_transaction",
    "any contact where title contains CEO": "crm_contact",
    "Calls.count > 0": "crm_record",
    "any invoice where amount > 1": "fin_document",
    "engagement_events.count > 1": "engagement_event",
}


def test_related_records_are_found_by_an_index(database: Database) -> None:
    populate(database)
    catalog, columns = book_of(database).catalog(), AccountColumns("RFM", database.dialect)
    with database.reads.connect() as connection:
        if database.dialect == "postgresql":
            connection.execute(text_of("SET LOCAL enable_seqscan = off"))
        for text, table in INDEXED.items():
            holds = where(parse(text, catalog), catalog, columns, Today(date(2026, 3, 30)), database.dialect)
            query = select(ACCOUNT.c.id).select_from(columns.rows()).where(holds)
            plan = _plan(connection, query)
            scan = f"SCAN {table}" if database.dialect == "sqlite" else f"Seq Scan on {table}"
            assert table in plan, (text, plan)
            assert scan not in plan, (text, plan)


def _plan(connection: Connection, query: Select[Any]) -> str:
    written = query.compile(connection.engine, compile_kwargs={"literal_binds": True})
    before = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    rows = connection.exec_driver_sql(f"{before} {written}".replace("%", "%%"))
    return "\n".join(" ".join(map(str, row)) for row in rows)


def test_whatever_a_person_writes_is_bound(database: Database) -> None:
    populate(database)
    catalog, columns = book_of(database).catalog(), AccountColumns("RFM", database.dialect)
    hostile = (
        """any contact where (title contains "x') OR 1=1 --" and "Buying role" = "42'; DROP") and """
        """contacts.count where (name != "77'") != 4242 and not in segment "Berlin VIPs" """
    )
    holds = where(parse(hostile, catalog), catalog, columns, Today(date(2026, 3, 30)), database.dialect)
    query = select(ACCOUNT.c.id).select_from(columns.rows()).where(holds)
    written = str(query.compile(database.reads))
    assert [one for one in ("x'", "42", "77", "Berlin", "VIP", "DROP") if one in written] == []
    with database.reads.connect() as connection:
        assert list(connection.execute(query).scalars()) == []
