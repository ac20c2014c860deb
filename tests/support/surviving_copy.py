"""A copy whose sync meets with something in the middle, and what has to be true afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import text

from bot.runtime.clock import clock_for
from connector.budget import Allowance
from connector.cache.copy import SqlCopy
from connector.cache.ledger import SqlCallBook, remaining_of
from connector.cache.token_shelf import SealedShelf
from connector.errors import ConnectorError, NotOffered
from connector.ports import Clock, Page
from connector.sync.pipeline import Sync
from connector.sync.policy import SyncPolicy
from connector.sync.report import ModuleReport, OnProgress, Progress
from connector.zoho.auth import Tokens
from connector.zoho.client import ZohoClient
from connector.zoho.crm import CrmClient
from connector.zoho.regions import region
from sandbox.zoho.specification import OrganisationSpec
from tests.support.exactness import differences
from tests.support.zoho_access import SANDBOX, SECRET_KEY
from tests.support.zoho_client import ZohoHttp
from tests.support.zoho_copy import ZohoCopy

DEALS, PAGE = 2_600, 2_000
ORGANISATION = OrganisationSpec(accounts=30, deals=DEALS, contacts=20, products=5, seed=5)
NEVER = 10**9
LONGEST_SENTENCE = 400
SECRETS = (SANDBOX.client_secret, SANDBOX.refresh_token, SECRET_KEY, "Zoho-oauthtoken")
MACHINERY = ("Traceback", "sqlalchemy", "psycopg", "INSERT", "COPY")


class ListsOnly(CrmClient):
    """A CRM that answers no queries."""

    def queried(self, *_selection: Any, **_more: Any) -> Iterator[Page]:
        raise NotOffered("Nothing is asked by queries here.")

    def queried_changes(self, *_selection: Any, **_more: Any) -> Iterator[Page]:
        raise NotOffered("Nothing is asked by queries here.")

    def identifiers(self, *_module: Any) -> Iterator[tuple[str, ...]]:
        raise NotOffered("Nothing is asked by queries here.")


@dataclass
class Copy(ZohoCopy):
    """A copy whose sync meets with something in the middle of the deals."""

    way: str = "queries"
    clock: Clock = field(default_factory=lambda: clock_for(None))
    daily: int | None = None

    def allowance(self, api: str) -> Allowance:
        """As the product makes it, with a fifth for other programs."""
        remaining = remaining_of(self.database, self.clock.now()).get(api)
        return Allowance(self.daily, remaining, reserve_percent=20)

    def crm(self) -> CrmClient:
        book = SqlCallBook(self.database, self.clock, self.allowance)
        kind = ListsOnly if self.way == "lists" else CrmClient
        client = ZohoClient(self.tokens(), retry=self.retry, book=book)
        return kind(client, self.people, sleep=lambda _seconds: None)

    def tokens(self) -> Tokens:
        shelf = SealedShelf(self.database, SECRET_KEY)
        return Tokens(shelf, self.credentials, region("us", self.base_url), self.clock)

    def sync(self, *, full: bool = False, progress: OnProgress | None = None) -> dict[str, ModuleReport]:
        policy = SyncPolicy(bulk_from=0 if self.way == "bulk" else NEVER)
        sync = Sync(SqlCopy(self.database), self.crm(), self.mapping, self.clock, policy)
        return {one.module: one for one in sync.run(progress, full=full).modules}

    def sync_with(self, happens: Callable[[], None], *, after: int = PAGE) -> dict[str, ModuleReport]:
        """Sync, and let something happen when so many deals are in."""
        waiting = [happens]

        def look(progress: Progress) -> None:
            if waiting and progress.module == "Deals" and progress.read >= after:
                waiting.pop()()

        try:
            return self.sync(progress=look)
        finally:
            assert waiting == [], "it did happen"

    def stopped_by(self, happens: Callable[[], None], **when: int) -> ConnectorError:
        """The error that a sync ended with: one sentence or two, no secret, and nothing of the machinery."""
        with pytest.raises(ConnectorError) as caught:
            self.sync_with(happens, **when)
        assert_is_a_sentence(str(caught.value))
        return caught.value

    def held(self) -> int:
        with self.database.reads.connect() as connection:
            return int(connection.execute(text("SELECT count(*) FROM crm_transaction")).scalar_one())

    def assert_equal(self) -> None:
        with closing(ZohoHttp(self.base_url)) as http:
            assert differences(http, self.database, self.mapping) == []

    def assert_goes_on(self, *, kept: int) -> None:
        """The next sync reads what is missing, not what is there, and ends exact."""
        assert self.held() >= kept
        missing = DEALS - self.held()
        deals = self.sync()["Deals"]
        assert deals.read == missing, "no page comes again"
        assert "started over" not in deals.plan
        self.assert_equal()
        assert self.sync()["Deals"].changed == 0

    def last_run(self) -> Any:
        with self.database.reads.connect() as connection:
            return connection.execute(text("SELECT * FROM sync_run ORDER BY id DESC")).first()


def assert_is_a_sentence(said: str) -> None:
    assert said[:1].isupper()
    assert said.endswith(".")
    assert "\n" not in said
    assert len(said) < LONGEST_SENTENCE
    assert [one for one in (*SECRETS, *MACHINERY) if one in said] == []
