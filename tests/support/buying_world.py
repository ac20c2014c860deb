"""Purchases of several kinds in a real database, scored by the real use case; and their sums by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.store.schema import migrate
from bot.store.tables import ScoreRow
from connector.cache.engine import open_database
from connector.cache.finance_tables import (
    FinanceDocumentRow,
    FinanceItemRow,
    FinanceLineRow,
    FinanceOrganisationRow,
)
from connector.cache.tables import FieldRow, RecordRow
from tests.support.postgres import PostgresServer
from tests.support.scoring_world import NOON, World

DOCUMENT = """\
version: 1
sync: {also: [Orders]}
finance: [{product: books}]
segmentations:
  - name: Purchases
    scores: 3
    recency: {method: bands, bands: [{within: last 30 days, score: 3}, {within: last 90 days, score: 2}]}
    frequency: {method: bands, at_least: [3, 6]}
    monetary: {method: bands, at_least: [1000, 10000]}
    purchases:
PURCHASES
    labels:
      - {name: Top, when: r = 3 and m = 3}
      - {name: Good, when: r >= 2}
      - {name: Gone, when: purchases >= 1}
"""
Facts = tuple[int | None, int, int]  # days since the last purchase, purchases, minor units


def counting(*purchases: str, document: str = DOCUMENT) -> str:
    """A configuration document in which these count, each written as in YAML's flow style."""
    return document.replace("PURCHASES", "\n".join(f"      - {one}" for one in purchases))


class BuyingWorld(World):
    """With documents of Zoho Finance and records of the module Orders."""

    made = 0

    def books(self, currency: str = "USD", source: str = "books") -> None:
        """A connected Finance product."""
        self.add(FinanceOrganisationRow(source=source, id="9", name="Maven", currency=currency, read_at=NOON))

    def document(
        self, account: str | None, kind: str, days: int | None, dollars: float | None, **columns: Any
    ) -> str:
        """A document that counts, so many days ago; its id."""
        self.made += 1
        values: dict[str, Any] = {
            "source": "books",
            "kind": kind,
            "id": f"f{self.made}",
            "number": f"N-{self.made}",
            "status": "sent",
            "counts": True,
            "account_id": account,
            "occurred_on": None if days is None else self.today() - timedelta(days=days),
            "currency": "USD",
            "total_minor": None if dollars is None else round(dollars * 100),
            "raw": "{}",
        } | columns
        self.add(FinanceDocumentRow(**values))
        if account is not None:
            self.touch(account)
        return str(values["id"])

    def line(self, document: str, product: str, item: str) -> None:
        """A line of an invoice, with the item that is the CRM's product."""
        key: dict[str, Any] = {"source": "books", "kind": "invoice", "document_id": document}
        self.add(
            FinanceItemRow(source="books", id=item, name=product, crm_product_id=item, raw="{}"),
            FinanceLineRow(**key, line_id="1", item_id=item, name=product),
        )

    def order(self, account: str | None, **fields: Any) -> None:
        """A record of the module Orders."""
        self.made += 1
        self.add(
            RecordRow(
                module="Orders", id=f"o{self.made}", name=f"Order {self.made}", account_id=account,
                raw=json.dumps(fields),
            )
        )  # fmt: skip

    def orders(self) -> None:
        """The fields of the module."""
        kinds = {"Order_Date": "date", "Net": "currency", "State": "text", "Sent_At": "datetime"}
        self.add(
            *(
                FieldRow(module="Orders", api_name=name, label=name.replace("_", " "), data_type=kind)
                for name, kind in kinds.items()
            )
        )

    def facts(self) -> dict[str, Facts]:
        """What the last run says of every account."""
        return {
            one.account_id: (
                None if one.last_purchase is None else (self.today() - one.last_purchase).days,
                one.purchases,
                one.spend_minor,
            )
            for one in self.rows(ScoreRow)
        }

    def scored(self, *purchases: str) -> dict[str, Facts]:
        """The same after a run by a document in which these count."""
        self.publish(counting(*purchases))
        self.run("first")
        return self.facts()


@contextmanager
def migrated_world(request: pytest.FixtureRequest, folder: Path) -> Iterator[BuyingWorld]:
    """On the database of the fixture's parameter, with the schema that migrations make."""
    fresh: AbstractContextManager[str] = nullcontext(f"sqlite:///{folder / 'migrated.sqlite'}")
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        fresh = server.fresh(template="template1")
    with fresh as url, closing(open_database(url)) as database:
        migrate(database)
        yield BuyingWorld(database)
