"""An account book in memory: the sample organisation, evaluated by the criteria language's own mask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd

from bot.app.answers import AccountCard, AccountLine, Group
from bot.app.ports import OrganisationWords
from bot.language.question import Sort
from scoring.criteria.fields import Catalog
from scoring.criteria.mask import mask
from scoring.criteria.periods import Today
from scoring.criteria.tree import Fact, Node
from tests.support.sample_organisation import CATALOG, TODAY, Sample, sample

SYNCED = datetime(2026, 11, 23, 6, 15, tzinfo=UTC)


def row_of(line: AccountLine, emails: dict[str, str]) -> dict[str, Any]:
    """One row of the frame that criteria are evaluated on; columns are named by the fields."""
    return {
        "name": line.name,
        "industry": line.industry,
        "employees": line.employees,
        "annual_revenue": line.annual_revenue_minor,
        "owner": line.owner,
        "owner_email": emails.get(line.owner or ""),
        "city": line.city,
        "state": line.state,
        "country": line.country,
        "website": None,
        "phone": None,
        "type": "Customer",
        "created": line.last_purchase,
        "modified": line.last_purchase,
        "label": line.label,
        "r": line.r,
        "f": line.f,
        "m": line.m,
        "rfm": line.total,
        "last_purchase": line.last_purchase,
        "purchases": line.purchases,
        "total_spend": line.spend_minor,
        "deals.count": line.purchases,
        "open_deals": 0,
        "Customer Tier": None,
    }


@dataclass
class FakeAccountBook:
    """The port AccountBook without a database."""

    sample: Sample = field(default_factory=sample)
    synced: datetime | None = SYNCED
    fields: Catalog = CATALOG
    words_read: int = 0

    def catalog(self) -> Catalog:
        return self.fields

    def words(self) -> OrganisationWords:
        self.words_read += 1
        return self.sample.words()

    def _matching(self, criteria: Node) -> list[AccountLine]:
        frame = pd.DataFrame([row_of(line, self.sample.emails) for line in self.sample.lines])
        chosen = mask(criteria, frame, self.fields, Today(TODAY), {"purchase": self._purchases()})
        return [line for line, holds in zip(self.sample.lines, chosen, strict=True) if holds]

    def _purchases(self) -> pd.DataFrame:
        """One of each account: its last, which had no product."""
        lines = self.sample.lines
        each = [
            {"amount": one.spend_minor, "occurred_on": one.last_purchase, "product": None} for one in lines
        ]
        return pd.DataFrame(each, index=range(len(lines)))

    def page(
        self,
        criteria: Node,
        sort: Sequence[Sort],
        limit: int,
        offset: int = 0,
        further: Sequence[str | Fact] = (),
    ) -> list[AccountLine]:
        lines = sorted(self._matching(criteria), key=lambda line: (line.name, line.id))
        for one in reversed(sort):
            lines.sort(key=lambda line, name=one.field: self._key(line, name), reverse=one.descending)  # type: ignore[misc]
        return [
            replace(line, further=tuple(self._value(line, one) for one in further))
            for line in lines[offset : offset + limit]
        ]

    def _value(self, line: AccountLine, wanted: str | Fact) -> Any:
        """Of facts nothing is told here."""
        return row_of(line, self.sample.emails)[wanted] if isinstance(wanted, str) else None

    def _key(self, line: AccountLine, name: str) -> Any:
        value = row_of(line, self.sample.emails)[name]
        return value if value is not None else ""

    def count(self, criteria: Node) -> int:
        return len(self._matching(criteria))

    def breakdown(self, criteria: Node, field_name: str) -> list[Group]:
        counted = Counter(row_of(line, self.sample.emails)[field_name] for line in self._matching(criteria))
        known = sorted((g for g in counted.items() if g[0] is not None), key=lambda g: (-g[1], g[0]))
        empty = [(None, counted[None])] if counted[None] else []
        return [Group(value, count) for value, count in [*known, *empty]]

    def card(self, account_id: str) -> AccountCard | None:
        line = next((line for line in self.sample.lines if line.id == account_id), None)
        if line is None:
            return None
        return AccountCard(
            line=line,
            segmentation="Purchase behaviour",
            label_since=SYNCED,
            last_change=None,
            why=("Last purchase 12 days ago.",),
            open_deals=1,
            open_deals_minor=55_000,
            last_deal_name="GTX Pro",
            contacts=(("Pat Doe", "Buyer", "pat@example.example"),),
            website=None,
            phone=None,
            crm_url=None,
        )

    def edition(self) -> Hashable:
        return self.synced

    def as_of(self) -> datetime | None:
        return self.synced

    def currency(self) -> str:
        return "USD"

    def today(self) -> date:
        return TODAY
