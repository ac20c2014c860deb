"""A tour: the connector makes every call that it knows, each against the sandbox and to some purpose."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import islice

from connector.cache.engine import Database
from connector.enrichment.values import Company, Outcome
from connector.errors import NotOffered
from connector.feed_ports import ChannelOrder
from connector.finance_lists import CONTACT, ITEM, LISTS, SORTS, FinanceList, Product, Way
from connector.finance_ports import ListRequest
from connector.mapping import Role
from connector.suite_ports import EventSource
from connector.write_ports import Change, OwnField, TagMove
from connector.zoho.client import ZohoClient
from connector.zoho.crm import CrmClient
from connector.zoho.finance import FinanceClient
from connector.zoho.notifications import ChannelClient
from connector.zoho.suite import SuiteClient
from connector.zoho.suite_campaigns import CampaignEvents
from connector.zoho.suite_desk import DeskEvents
from connector.zoho.suite_emails import EmailEvents
from connector.zoho.suite_salesiq import SalesIqEvents
from connector.zoho.write import CrmWriteClient
from connector.zoho.zia import ZiaProvider
from sandbox.suite.chats import PORTAL
from sandbox.suite.desk import ORGANISATION
from tests.support.finance_world import FinanceWorld, SandboxTime
from tests.support.zoho_access import IMPATIENT
from tests.support.zoho_copy import ZohoCopy
from tests.support.zoho_records import selection

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
NO_ACCOUNT = "5437000000000000017"


def tour(base_url: str, database: Database, time: SandboxTime) -> None:
    """Make every call once at least."""
    copy = ZohoCopy(base_url, database)
    client = ZohoClient(copy.tokens(), retry=IMPATIENT)
    crm = _crm(client)
    some = _reading(copy, client, crm)
    _writing(crm, CrmWriteClient(client, crm), some)
    _channels(ChannelClient(client))
    _enrichment(client)
    _suite(copy, client)
    for product in LISTS:
        time.move(minutes=31)
        world = FinanceWorld(base_url, database, time, product)
        _finance(product, world.client())


def _crm(client: ZohoClient) -> CrmClient:
    return CrmClient(client, sleep=lambda _seconds: None)


def _reading(copy: ZohoCopy, client: ZohoClient, crm: CrmClient) -> list[str]:
    """Metadata, and deals by every way; ids of some of them."""
    assert crm.organisation().name
    assert crm.users()
    assert crm.modules()
    assert crm.fields("Deals")
    deals = selection({"Deal_Name": "text", "Amount": "currency", "Modified_Time": "datetime"})
    assert crm.count("Deals")
    copy.order_fault("scope_missing", "/crm/v8/coql", times=1)
    assert _crm(client).count("Deals"), "by statistics, where queries are not answered"
    (page,) = islice(crm.listed(deals), 1)
    ids = [one.id for one in page.records[:3]]
    assert ids
    assert next(crm.listed_changes(deals, LONG_AGO)).records
    assert next(crm.queried(deals)).records
    assert next(crm.queried_changes(deals, LONG_AGO)).records
    assert next(crm.identifiers("Deals"))
    products = selection({"Product_Name": "text"}, module="Products", role=Role.PRODUCTS)
    assert any(one.records for one in crm.bulk(products))
    assert len(crm.records(deals, ids).records) == len(ids)
    assert crm.record("Deals", ids[0])
    assert next(crm.deleted("Deals", None)) is not None
    return ids


def _writing(crm: CrmClient, writer: CrmWriteClient, deals: list[str]) -> None:
    (outcome,) = writer.create_fields("Deals", [OwnField("Behaviour Label", "text", 100)])
    assert outcome.done
    changes = [Change(one, {"Description": "told"}) for one in deals]
    assert all(one.done for one in writer.update("Deals", changes))
    assert set(writer.said("Deals", deals, ["Description"])) == set(deals)
    assert all(one.done for one in crm.update("Deals", [{"id": one, "Description": "said"} for one in deals]))
    writer.set_fields("Deals", deals[0], {"Next_Step": "call"}, datetime.now(UTC) + timedelta(days=1))
    assert writer.add_task("Deals", deals[0], "Call them", due=date(2026, 12, 1), owner=None)
    assert writer.add_note("Deals", deals[0], "Bellwether", "They are slipping.")
    assert writer.find_added("Tasks", "Subject", "Call them", datetime(2020, 1, 1, tzinfo=UTC))
    for add in (True, False):
        assert all(one.done for one in writer.tag("Deals", TagMove("VIP", add, tuple(deals))))
    job = writer.enter_bulk("Deals", ["Description"], changes)
    result = writer.bulk_outcomes(job)
    assert result is not None
    assert [one.outcome.done for one in result] == [True] * len(deals)


def _channels(channels: ChannelClient) -> None:
    until = datetime.now(UTC) + timedelta(days=6)
    (made,) = channels.create([ChannelOrder("1", "Deals", "https://here.example/zoho/crm", "word", until)])
    assert made.expires_at is not None
    assert len(channels.channels()) == 1
    channels.delete(["1"])


def _enrichment(client: ZohoClient) -> None:
    zia = ZiaProvider(client, lambda: LONG_AGO, sleep=lambda _seconds: None)
    known, unknown = zia.read([Company("1", "Konex"), Company("2", "Nobody knows it")])
    assert (known.outcome, unknown.outcome) == (Outcome.FOUND, Outcome.NOTHING_FOUND)


def _suite(copy: ZohoCopy, client: ZohoClient) -> None:
    def product(name: str, **headers: str) -> SuiteClient:
        return SuiteClient(name, copy.base_url, copy.tokens(), scopes="…", headers=headers, retry=IMPATIENT)

    listed = client.get("/crm/v8/Contacts", {"fields": "id", "per_page": 3})
    contacts = [str(one["id"]) for one in listed["data"]]
    sources: tuple[EventSource, ...] = (
        DeskEvents(product("desk", orgId=ORGANISATION), threads_a_reading=2),
        CampaignEvents(product("campaigns")),
        SalesIqEvents(product("salesiq"), PORTAL),
        EmailEvents(client.get, lambda _since, _after: iter(contacts)),
    )
    for source in sources:
        pages = list(source.pages(LONG_AGO, None))
        assert any(page.events for page in pages), source.name


def _finance(product: Product, client: FinanceClient) -> None:
    (organisation, *_) = client.organisations()
    client.use(organisation)
    for of in LISTS[product]:
        page = client.page(ListRequest(of, sort=SORTS[Way.SORTED] if Way.SORTED in of.ways else None))
        if of.counted:
            assert client.count(of)
        _single(client, of, page.rows[0].id)
        if of.kind == CONTACT:
            _contacts_of_an_account(client, of)


def _single(client: FinanceClient, of: FinanceList, identifier: str) -> None:
    if of.kind == CONTACT:
        assert client.contact(of, identifier)
    elif of.kind != ITEM and of.has_lines:
        assert client.document(of, identifier)
    assert client.exists(of, identifier)


def _contacts_of_an_account(client: FinanceClient, of: FinanceList) -> None:
    try:
        client.contacts_of(of, NO_ACCOUNT)
    except NotOffered:
        return
