"""After any mix of changes, during and between syncs, with faults: the copy is the organisation.

The sandbox's Zoho is changed through its own door while the product reads it over HTTP.
"""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    precondition,
    rule,
)

from bot.runtime.clock import clock_for
from connector.cache.copy import SqlCopy
from connector.errors import ConnectorError
from connector.mapping import standard_mapping
from connector.sync.pipeline import Sync
from connector.sync.policy import SyncPolicy
from connector.sync.report import Progress, SyncReport
from sandbox.zoho.serve import running
from sandbox.zoho.specification import OrganisationSpec
from tests.support.exactness import differences
from tests.support.postgres import PostgresServer
from tests.support.state_machines import SyncedWorld, run_on_postgresql, run_on_sqlite
from tests.support.zoho_client import ZohoHttp
from tests.support.zoho_copy import ZohoCopy

pytestmark = pytest.mark.timeout(300)

MODULES = ("Accounts", "Contacts", "Products", "Deals")
FAULTS = ("rate_limit", "server_error", "bad_gateway", "cut_body", "expired_token")
# Small numbers, so that a small organisation is read by every way: bulk files, ranges, several pages.
POLICY = SyncPolicy(bulk_from=150, lanes=3)
counts = st.integers(0, 12)


def hurried(seconds: float) -> None:
    """Wait, but not as long as Zoho asks for."""
    time.sleep(min(seconds, 0.05))


class Exactness(SyncedWorld):
    """A sandbox organisation, changed and read."""

    def __init__(self) -> None:
        super().__init__()
        spec = OrganisationSpec(accounts=25, deals=260, contacts=30, products=8, seed=3)
        server = self.stack.enter_context(running(clock_file=self.clock_file, organisation=spec))
        self.zoho = ZohoHttp(server.base_url)
        self.stack.callback(self.zoho.close)
        # The pace of downloads, a minute for ten, is looked at elsewhere.
        limits = {"token_requests": 10_000, "bulk_rows_per_file": 90, "bulk_downloads": 10_000}
        self.zoho.post("/_sandbox/limits", limits)
        self.crm = ZohoCopy(server.base_url, self.database, sleep=hurried).crm()
        self.passed = 0
        self.added: list[str] = []
        self.meanwhile: dict[str, Any] | None = None

    @initialize()
    def first_sync(self) -> None:
        self.sync()

    @rule(
        seed=st.integers(0, 10**6),
        module=st.sampled_from((None, *MODULES)),
        inserts=counts,
        updates=counts,
        deletes=counts,
        undeletes=counts,
        same_second=st.booleans(),
    )
    def change(self, module: str | None, undeletes: int, **wish: Any) -> None:
        # Only what nothing points to is restored: a record that was read while the record it points to lay in
        # the bin shows an empty lookup, and the restoring gives it no new Modified_Time.
        wish["undeletes"] = undeletes if module == "Deals" else 0
        self.zoho.post("/_sandbox/changes", wish | ({"module": module} if module else {}))

    @rule(seed=st.integers(0, 10**6), updates=counts, deletes=st.integers(0, 4), inserts=st.integers(0, 4))
    def change_during_the_next_sync(self, **wish: Any) -> None:
        self.meanwhile = wish

    @rule(module=st.sampled_from(MODULES), kind=st.sampled_from(("text", "integer", "boolean", "picklist")))
    def add_a_field(self, module: str, kind: str) -> None:
        name = f"Added_{len(self.added)}"
        sketch: dict[str, Any] = {"api_name": name, "data_type": kind}
        if kind == "picklist":
            sketch["options"] = ["One", "Two"]
        answer = self.zoho.post("/_sandbox/fields", {"module": module, "add": sketch})
        assert answer.ok, answer.text
        self.added.append(f"{module}.{name}")

    @precondition(lambda self: self.added)
    @rule(data=st.data(), rename=st.booleans())
    def rename_or_remove_a_field(self, data: st.DataObject, rename: bool) -> None:
        chosen = data.draw(st.sampled_from(self.added))
        module, _, name = chosen.partition(".")
        self.added.remove(chosen)
        wish = {"rename": {"from": name, "to": f"{name}_x"}} if rename else {"remove": name}
        answer = self.zoho.post("/_sandbox/fields", {"module": module, **wish})
        assert answer.ok, answer.text
        if rename:
            self.added.append(f"{module}.{name}_x")

    @rule(kind=st.sampled_from(FAULTS), times=st.integers(1, 6))
    def order_a_fault(self, kind: str, times: int) -> None:
        self.zoho.post("/_sandbox/faults", {"kind": kind, "match": "/crm/", "times": times})

    @rule(minutes=st.integers(0, 90))
    def time_passes(self, minutes: int) -> None:
        self.passed += minutes * 60
        self.clock_file.write_text(str(self.passed))

    @rule(full=st.booleans())
    def sync(self, full: bool = False) -> None:
        with suppress(ConnectorError):  # a fault lasted longer than our patience: the next sync goes on
            self.read(full=full)

    def read(self, *, full: bool = False) -> SyncReport:
        """One sync, as a fresh process would do it."""
        clock = clock_for(self.clock_file)
        sync = Sync(SqlCopy(self.database), self.crm, standard_mapping(), clock, POLICY)
        return sync.run(self.between_pages, full=full)

    def between_pages(self, _progress: Progress) -> None:
        wish, self.meanwhile = self.meanwhile, None
        if wish is not None:
            self.zoho.post("/_sandbox/changes", wish)

    def settle(self) -> None:
        """Faults end, an hour passes, one sync comes to its end: then nothing may differ."""
        self.zoho.delete("/_sandbox/faults")
        self.meanwhile = None
        self.time_passes(minutes=int(timedelta(hours=2).total_seconds() // 60))
        self.read()
        assert differences(self.zoho, self.database, standard_mapping()) == []
        assert self.read().changed == 0


def test_on_sqlite(sqlite_template: Path) -> None:
    run_on_sqlite(Exactness, sqlite_template, 8)


def test_on_postgresql(postgres_with_tables: PostgresServer) -> None:
    run_on_postgresql(Exactness, postgres_with_tables, 3)
