"""The reader of Finance, wired against a sandbox Zoho on a clock that sleeping moves."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import text

from connector.access_ports import ApiCall
from connector.cache.engine import Database
from connector.cache.finance import SqlFinance
from connector.cache.finance_pace import SqlPace
from connector.cache.token_shelf import SealedShelf
from connector.finance_lists import CONTACT, ITEM, LISTS, Product
from connector.sync.finance import FinanceSync
from connector.sync.finance_decide import FinancePolicy
from connector.sync.finance_report import FinanceReport, OnFinanceProgress
from connector.zoho.auth import Credentials, Tokens
from connector.zoho.finance import FinanceClient
from connector.zoho.finance_canonical import canonical
from connector.zoho.regions import region
from tests.support.zoho_access import SANDBOX, SECRET_KEY

ORGANISATION = "712001455"
# Truth of the sandbox -> list of Billing, whose names are not its own there.
BILLING = {"customers": "billing_customers", "invoices": "billing_invoices"}


class SandboxTime:
    """The sandbox's clock and ours are one; who sleeps moves it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._offset = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    def sleep(self, seconds: float) -> None:
        self._offset += timedelta(seconds=seconds)
        self._file.write_text(str(self._offset.total_seconds()))

    def move(self, **parts: float) -> None:
        self.sleep(timedelta(**parts).total_seconds())


class FreeBook:
    """A ledger that refuses nothing and remembers."""

    def __init__(self) -> None:
        self.calls: list[ApiCall] = []
        self.remaining: int | None = None

    def before(self, call: ApiCall) -> None:
        self.calls.append(call)

    def after(self, call: ApiCall, remaining: int | None) -> None:
        self.remaining = remaining


class CountingSession(requests.Session):
    """Notes when each request is sent, by the moved clock, and what comes back."""

    def __init__(self, time: SandboxTime) -> None:
        super().__init__()
        self._time = time
        self.sent: list[datetime] = []
        self.addresses: list[str] = []
        self.statuses: list[int] = []

    def send(self, request: requests.PreparedRequest, **settings: Any) -> requests.Response:
        self.sent.append(self._time.now())
        self.addresses.append(str(request.url))
        answer = super().send(request, **settings)
        self.statuses.append(answer.status_code)
        return answer

    def most_in_a_minute(self) -> int:
        """The most requests within any 60 seconds."""
        most, window = 0, deque[datetime]()
        for moment in self.sent:
            window.append(moment)
            while moment - window[0] >= timedelta(minutes=1):
                window.popleft()
            most = max(most, len(window))
        return most


@dataclass
class FinanceWorld:
    """A sandbox organisation and its copy."""

    base_url: str
    database: Database
    time: SandboxTime
    product: Product = "books"
    organization_id: str | None = None
    policy: FinancePolicy = field(default_factory=lambda: FinancePolicy(details_a_day=0))
    credentials: Credentials = SANDBOX
    book: FreeBook = field(default_factory=FreeBook)
    session: CountingSession = field(init=False)

    def __post_init__(self) -> None:
        self.session = CountingSession(self.time)

    @property
    def copy(self) -> SqlFinance:
        return SqlFinance(self.database, self.product)

    def client(self) -> FinanceClient:
        shelf = SealedShelf(self.database, SECRET_KEY)
        tokens = Tokens(shelf, self.credentials, region("us", self.base_url), self.time)
        pace = SqlPace(self.database, self.time)
        return FinanceClient(
            self.product, tokens, self.organization_id, self.book, pace, self.time,
            session=self.session, sleep=self.time.sleep,
        )  # fmt: skip

    def sync(
        self,
        progress: OnFinanceProgress | None = None,
        *,
        full: bool = False,
        lists: Collection[str] | None = None,
    ) -> FinanceReport:
        """Read once, as a fresh process would."""
        sync = FinanceSync(self.copy, self.client(), self.time, self.policy)
        return sync.run(progress, full=full, lists=lists)

    def sandbox(self, method: str, path: str, **body: Any) -> Any:
        """Call the sandbox's own API."""
        answer = requests.request(method, f"{self.base_url}/_sandbox/{path}", json=body or None, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def change(self, seed: int, **numbers: int) -> dict[str, int]:
        """Let the world outside change something."""
        made: dict[str, int] = self.sandbox("POST", "finance/changes", seed=seed, **numbers)["made"]
        return made

    def truth(self, name: str) -> dict[str, dict[str, Any]]:
        """What the organisation has, by id."""
        name = BILLING.get(name, name) if self.product == "billing" else name
        found: dict[str, dict[str, Any]] = {}
        after = "0"
        while True:
            answer = self.sandbox("GET", f"finance/records/{name}?lines=0&after={after}")
            found.update((one["id"], one["values"]) for one in answer["records"])
            if not answer["records"] or len(found) >= answer["count"]:
                return found
            after = answer["records"][-1]["id"]

    def held(self, kind: str) -> dict[str, dict[str, Any]]:
        """What the copy has, by id, as it was read."""
        table = {CONTACT: "fin_contact", ITEM: "fin_item"}.get(kind, "fin_document")
        which = "" if table != "fin_document" else f" AND kind = '{kind}'"
        rows = self.rows(f"SELECT id, raw FROM {table} WHERE source = '{self.product}'{which}")
        return {row[0]: json.loads(row[1]) for row in rows}

    def rows(self, statement: str) -> list[Any]:
        with self.database.reads.connect() as connection:
            return list(connection.execute(text(statement)))

    def differences(self, lists: Collection[str] | None = None) -> list[str]:
        """Where the copy and the organisation differ, field by field."""
        found: list[str] = []
        for of in LISTS[self.product]:
            if lists is not None and of.name not in lists:
                continue
            truth, held = self.truth(of.name), self.held(of.kind)
            found += [f"{of.name} {one} is missing" for one in truth.keys() - held.keys()]
            found += [f"{of.name} {one} is gone" for one in held.keys() - truth.keys()]
            for one in truth.keys() & held.keys():
                said = json.loads(canonical(truth[one]))
                found += [
                    f"{of.name} {one} {key}: {held[one][key]!r} is {said[key]!r}"
                    for key in said.keys() & held[one].keys()
                    if held[one][key] != said[key]
                ]
        return found
