"""The connector, wired against a sandbox Zoho."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from connector.cache import repositories
from connector.cache.copy import SqlCopy
from connector.cache.engine import Database
from connector.cache.token_shelf import SealedShelf
from connector.mapping import CrmMapping, standard_mapping
from connector.ports import CrmUser
from connector.sync.pipeline import Sync
from connector.sync.policy import SyncPolicy
from connector.sync.report import ModuleReport, OnProgress
from connector.zoho.auth import Credentials, Tokens
from connector.zoho.client import RetryPolicy, ZohoClient
from connector.zoho.crm import CrmClient
from connector.zoho.regions import region
from tests.support.zoho_access import IMPATIENT, SANDBOX, SECRET_KEY, RealClock


@dataclass
class ZohoCopy:
    """A sandbox organisation and its copy."""

    base_url: str
    database: Database
    credentials: Credentials = SANDBOX
    retry: RetryPolicy = IMPATIENT
    mapping: CrmMapping = field(default_factory=standard_mapping)
    policy: SyncPolicy = field(default_factory=SyncPolicy)
    sleep: Callable[[float], None] = time.sleep

    def tokens(self) -> Tokens:
        shelf = SealedShelf(self.database, SECRET_KEY)
        return Tokens(shelf, self.credentials, region("us", self.base_url), RealClock())

    def crm(self) -> CrmClient:
        client = ZohoClient(self.tokens(), retry=self.retry, sleep=self.sleep)
        return CrmClient(client, self.people, sleep=self.sleep)

    def people(self) -> Mapping[str, CrmUser]:
        """The users that the copy holds."""
        with self.database.reads.connect() as connection:
            return repositories.users(connection)

    def sync(self, *, full: bool = False, progress: OnProgress | None = None) -> dict[str, ModuleReport]:
        """Sync once, as a fresh process would."""
        sync = Sync(SqlCopy(self.database), self.crm(), self.mapping, RealClock(), self.policy)
        return {one.module: one for one in sync.run(progress, full=full).modules}

    def sandbox(self, method: str, path: str, **body: Any) -> Any:
        """Call the sandbox's own API."""
        answer = requests.request(method, f"{self.base_url}/_sandbox/{path}", json=body or None, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def order_fault(self, kind: str, match: str, times: int | None = None) -> None:
        self.sandbox("POST", "faults", kind=kind, match=match, times=times)
