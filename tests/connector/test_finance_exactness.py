"""Finance: after any mix of changes, during and between syncs, with faults and kills, the copy is the books.

The sandbox's Books is changed through its own door while the product reads it over HTTP. Its clock and the
product's are one, and sleeping moves it.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from connector.errors import ConnectorError
from connector.sync.finance_report import FinanceProgress
from sandbox.zoho.serve import running
from sandbox.zoho.specification import OrganisationSpec
from tests.support.finance_world import FinanceWorld, SandboxTime
from tests.support.postgres import PostgresServer
from tests.support.state_machines import SyncedWorld, run_on_postgresql, run_on_sqlite

pytestmark = pytest.mark.timeout(300)

FAULTS = (
    *("maintenance", "busy", "server_error", "bad_gateway", "cut_body", "truncated_json"),
    *("expired_token", "rate_limit", "day_limit", "code_in_success"),
)
counts = st.integers(0, 12)


class Killed(BaseException):
    """Stands for a process that ends."""


class FinanceExactness(SyncedWorld):
    """A sandbox organisation's books, changed and read."""

    def __init__(self) -> None:
        super().__init__()
        spec = OrganisationSpec(accounts=40, deals=150, contacts=30, products=8, seed=3)
        server = self.stack.enter_context(running(clock_file=self.clock_file, organisation=spec))
        self.world = FinanceWorld(server.base_url, self.database, SandboxTime(self.clock_file))
        self.lives: int | None = None
        self.meanwhile: dict[str, Any] | None = None

    @initialize(seed=st.integers(0, 10**6))
    def first_sync(self, seed: int) -> None:
        """And some changes: an example may have no further step."""
        self.sync()
        self.world.change(seed, inserts=6, updates=6, deletes=4, voids=2)

    @rule(seed=st.integers(0, 10**6), inserts=counts, updates=counts, deletes=counts, voids=st.integers(0, 4))
    def change(self, seed: int, **numbers: int) -> None:
        self.world.change(seed, **numbers)

    @rule(seed=st.integers(0, 10**6), inserts=counts, updates=counts, deletes=counts)
    def change_during_the_next_sync(self, **wish: Any) -> None:
        self.meanwhile = wish

    @rule(pages=st.integers(1, 6))
    def kill_the_next_sync(self, pages: int) -> None:
        self.lives = pages

    @rule(kind=st.sampled_from(FAULTS), times=st.integers(1, 6))
    def order_a_fault(self, kind: str, times: int) -> None:
        self.world.sandbox("POST", "faults", kind=kind, match="/books/", times=times)

    @rule(minutes=st.integers(0, 30 * 60))
    def time_passes(self, minutes: int) -> None:
        self.world.time.move(minutes=minutes)

    @rule(full=st.booleans())
    def sync(self, full: bool = False) -> None:
        with suppress(ConnectorError, Killed):  # the next sync goes on
            self.world.sync(self.between_pages, full=full)
        self.lives = None

    def between_pages(self, _progress: FinanceProgress) -> None:
        wish, self.meanwhile = self.meanwhile, None
        if wish is not None:
            self.world.time.move(seconds=5)
            self.world.change(**wish)
        if self.lives is not None:
            self.lives -= 1
            if self.lives == 0:
                raise Killed

    def settle(self) -> None:
        """Faults end, a day passes, one sync comes to its end: then nothing may differ."""
        self.world.sandbox("DELETE", "faults")
        self.meanwhile = self.lives = None
        self.world.time.move(days=1, hours=1)
        assert self.world.sync().problems == ()
        assert self.world.differences() == []
        assert self.world.sync().changed == 0
        assert self.world.session.most_in_a_minute() <= 90


def test_on_sqlite(sqlite_template: Path) -> None:
    run_on_sqlite(FinanceExactness, sqlite_template, 5)


def test_on_postgresql(postgres_with_tables: PostgresServer) -> None:
    run_on_postgresql(FinanceExactness, postgres_with_tables, 3)
