"""The product as it is wired, reading one module by a given way: client, plans, comparison, copy, report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography.fernet import Fernet

from benchmarks.zoho_server import CREDENTIALS, FIELDS
from connector.cache import repositories
from connector.cache.copy import SqlCopy
from connector.cache.engine import Database, open_database
from connector.cache.token_shelf import SealedShelf
from connector.errors import NotOffered
from connector.mapping import CrmMapping, Role, standard_mapping
from connector.ports import CrmUser, FieldDescription, Page
from connector.sync.pipeline import Sync
from connector.sync.policy import SyncPolicy
from connector.zoho.auth import Credentials, Tokens
from connector.zoho.client import ZohoClient
from connector.zoho.crm import CrmClient
from connector.zoho.regions import region

NEVER = 10**12


class RealClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant."""
        return datetime.now(UTC)


class NarrowCrm(CrmClient):
    """The CRM with as many fields as the references ask for."""

    def fields(self, module: str) -> tuple[FieldDescription, ...]:
        """Those of the module that are among them."""
        return tuple(one for one in super().fields(module) if one.api_name in {"id", *FIELDS})


class ListsOnly(NarrowCrm):
    """A CRM that answers no queries: whole reads go by record lists."""

    def queried(self, *_selection: Any, **_more: Any) -> Iterator[Page]:
        """Refused."""
        raise NotOffered("This measurement is of record lists.")


def product(base_url: str, url: str, way: str, *, full: bool = False, lanes: int = 9) -> dict[str, Any]:
    """Read the deals once by ``pages``, ``queries`` or ``bulk``; what the report says."""
    database = open_database(url)
    try:
        report = _sync(base_url, database, way, lanes).run(full=full)
    finally:
        database.close()
    one = next(one for one in report.modules if one.module == "Deals")
    return {
        "rows": one.read,
        "changed": one.inserted + one.updated + one.deleted,
        "plan": one.plan,
        "pages": one.pages,
    }


def _sync(base_url: str, database: Database, way: str, lanes: int) -> Sync:
    shelf = SealedShelf(database, Fernet.generate_key().decode())
    tokens = Tokens(shelf, Credentials(**CREDENTIALS), region("us", base_url), RealClock())
    kind = ListsOnly if way == "pages" else NarrowCrm

    def people() -> Mapping[str, CrmUser]:
        with database.reads.connect() as connection:
            return repositories.users(connection)

    mapping = CrmMapping((standard_mapping().of(Role.TRANSACTIONS),))
    policy = SyncPolicy(bulk_from=1 if way == "bulk" else NEVER, lanes=lanes)
    return Sync(SqlCopy(database), kind(ZohoClient(tokens), people), mapping, RealClock(), policy)
