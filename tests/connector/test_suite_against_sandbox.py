"""Every source of engagement read from the sandbox, over HTTP, into a database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from connector.cache.engine import Database
from connector.cache.events import SqlEventStore
from connector.cache.tables import EngagementEventRow, table_of
from connector.cache.token_shelf import SealedShelf
from connector.suite_ports import EventSource
from connector.sync.events import EventSync, SourceReport
from connector.zoho.auth import Tokens
from connector.zoho.regions import region
from connector.zoho.suite import SuiteClient
from connector.zoho.suite_campaigns import CampaignEvents
from connector.zoho.suite_desk import DeskEvents
from connector.zoho.suite_emails import EmailEvents
from connector.zoho.suite_salesiq import SalesIqEvents
from sandbox.suite.chats import PORTAL
from sandbox.suite.desk import ORGANISATION
from sandbox.zoho.serve import RunningZoho, running
from tests.support.zoho_access import IMPATIENT, SANDBOX, SECRET_KEY, RealClock
from tests.support.zoho_client import ZohoHttp

EVENT = table_of(EngagementEventRow)


@pytest.fixture(scope="module")
def server() -> Iterator[RunningZoho]:
    with running() as zoho:
        yield zoho


@pytest.fixture
def zoho(server: RunningZoho) -> Iterator[ZohoHttp]:
    http = ZohoHttp(server.base_url)
    http.post("/_sandbox/limits", {"token_requests": 1000})
    http.refresh()
    http.delete("/_sandbox/faults")
    yield http
    http.close()


class World:
    """The sources of one sandbox, and a database."""

    def __init__(self, zoho: ZohoHttp, database: Database) -> None:
        self.zoho = zoho
        self.store = SqlEventStore(database, RealClock())
        self.database = database
        shelf = SealedShelf(database, SECRET_KEY)
        self.tokens = Tokens(shelf, SANDBOX, region("us", zoho.base_url), RealClock())

    def client(self, product: str, **headers: str) -> SuiteClient:
        base = self.zoho.base_url
        return SuiteClient(product, base, self.tokens, scopes="…", headers=headers, retry=IMPATIENT)

    def sources(self) -> tuple[EventSource, ...]:
        return (
            DeskEvents(self.client("desk", orgId=ORGANISATION)),
            CampaignEvents(self.client("campaigns")),
            SalesIqEvents(self.client("salesiq"), PORTAL),
            EmailEvents(self.client("crm").get, lambda _since, after: iter([] if after else self.contacts())),
        )

    def contacts(self) -> list[str]:
        found = self.zoho.call("GET", "/crm/v8/Contacts", params={"fields": "id", "per_page": 20}).json()
        return [one["id"] for one in found["data"]]

    def read(self) -> dict[str, SourceReport]:
        reports = EventSync(self.sources(), self.store, RealClock()).run()
        return {one.source: one for one in reports}

    def kinds(self) -> dict[str, int]:
        statement = select(EVENT.c.event_type, func.count()).group_by(EVENT.c.event_type)
        with self.database.reads.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(statement)}


@pytest.fixture
def world(zoho: ZohoHttp, database: Database) -> World:
    return World(zoho, database)


def test_everything_is_read_once_and_then_only_what_is_new(world: World) -> None:
    first = world.read()
    assert [one.error for one in first.values()] == [None] * 4
    kinds = world.kinds()
    for kind in ("ticket_opened", "ticket_reply_received", "ticket_rated", "mailing_opened",
                 "chat_held", "chat_rated", "email_sent", "email_opened", "email_received"):  # fmt: skip
        assert kinds[kind] > 0, kind
    second = world.read()
    assert sum(one.changed for one in second.values()) == 0
    assert second["desk"].read < first["desk"].read
    (contact, *_) = world.contacts()
    world.zoho.post("/_sandbox/suite/tickets", {"contact": contact, "subject": "Broken", "mood": "NEGATIVE"})
    assert world.read()["desk"].changed == 3  # the ticket and its two threads


def test_a_fault_of_one_product_does_not_stop_the_others(world: World) -> None:
    fault = {"kind": "server_error", "match": "/api/v1/tickets", "times": None}
    world.zoho.post("/_sandbox/faults", fault)
    broken = world.read()
    assert broken["desk"].error is not None
    assert broken["campaigns"].error is None
    world.zoho.delete("/_sandbox/faults")
    assert world.read()["desk"].error is None


def test_an_organisation_that_is_not_the_tokens_is_said(world: World) -> None:
    source = DeskEvents(world.client("desk", orgId="1"))
    (report,) = EventSync([source], world.store, RealClock()).run()
    assert report.error is not None
    assert "OAUTH_ORG_MISMATCH" in report.error
