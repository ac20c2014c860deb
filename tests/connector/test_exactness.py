"""After any mix of changes, during and between syncs, with faults: the copy is the organisation. Both databases.

The sandbox's Zoho is changed through its own door while the product reads it over HTTP.
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from connector.cache.engine import open_database
from connector.errors import ConnectorError
from connector.mapping import standard_mapping
from connector.sync.policy import SyncPolicy
from connector.sync.report import Progress
from sandbox.zoho.serve import running
from sandbox.zoho.specification import OrganisationSpec
from tests.support.exactness import differences
from tests.support.zoho_client import ZohoHttp
from tests.support.zoho_copy import ZohoCopy

pytestmark = pytest.mark.timeout(300)

MODULES = ("Accounts", "Contacts", "Products", "Deals")
FAULTS = ("rate_limit", "server_error", "bad_gateway", "cut_body", "expired_token")
# Small numbers, so that a small organisation is read by every way: bulk files, ranges, several pages.
POLICY = SyncPolicy(bulk_from=150, lanes=3)
counts = st.integers(0, 12)


class Exactness(RuleBasedStateMachine):
    """A sandbox organisation, changed and read."""

    database_url = ""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = Path(self.stack.enter_context(TemporaryDirectory()))
        self.clock_file = folder / "clock"
        self.clock_file.write_text("0")
        spec = OrganisationSpec(accounts=25, deals=260, contacts=30, products=8, seed=3)
        server = self.stack.enter_context(running(clock_file=self.clock_file, organisation=spec))
        self.zoho = ZohoHttp(server.base_url)
        self.stack.callback(self.zoho.close)
        limits = {"token_requests": 10_000, "bulk_rows_per_file": 90, "coql_rows": 40}
        self.zoho.post("/_sandbox/limits", limits)
        self.copy = ZohoCopy(server.base_url, self.stack.enter_context(self.opened(folder)), policy=POLICY,
                             clock_file=self.clock_file)  # fmt: skip
        self.passed = 0
        self.added: list[str] = []
        self.meanwhile: dict[str, Any] | None = None

    def opened(self, folder: Path) -> Any:
        raise NotImplementedError

    def teardown(self) -> None:
        try:
            self.settle()
        finally:
            self.stack.close()

    @initialize()
    def first_sync(self) -> None:
        self.sync()

    @rule(seed=st.integers(0, 10**6), module=st.sampled_from((None, *MODULES)), inserts=counts, updates=counts,
          deletes=counts, undeletes=counts, same_second=st.booleans())  # fmt: skip
    def change(self, module: str | None, **wish: Any) -> None:
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
        try:
            self.copy.sync(progress=self.between_pages, full=full)
        except ConnectorError:
            pass  # a fault lasted longer than our patience: the next sync goes on

    def between_pages(self, _progress: Progress) -> None:
        wish, self.meanwhile = self.meanwhile, None
        if wish is not None:
            self.zoho.post("/_sandbox/changes", wish)

    def settle(self) -> None:
        """Faults end, an hour passes, one sync comes to its end: then nothing may differ."""
        self.zoho.delete("/_sandbox/faults")
        self.meanwhile = None
        self.time_passes(minutes=int(timedelta(hours=2).total_seconds() // 60))
        self.copy.sync()
        wrong = differences(self.zoho, self.copy.database, standard_mapping())
        assert wrong == []
        again = self.copy.sync()
        assert again.changed == 0


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_copy_is_the_organisation(kind: str, request: pytest.FixtureRequest) -> None:
    class Machine(Exactness):
        def opened(self, folder: Path) -> Any:
            return _database(kind, folder, request)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=12 if kind == "sqlite" else 6,
            stateful_step_count=8,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def _database(kind: str, folder: Path, request: pytest.FixtureRequest) -> Any:
    from contextlib import closing

    if kind == "sqlite":
        file = folder / "copy.sqlite"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
        return closing(open_database(f"sqlite:///{file}"))
    server = request.getfixturevalue("postgres_with_tables")
    from tests.support.postgres import SHARED, _emptied

    server.execute(_emptied(), SHARED)
    return closing(open_database(server.url(SHARED)))
