"""One running Zoho: its organisation, tokens, credits, faults and time."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from sandbox.finance.desk import FinanceDesk
from sandbox.zoho.bulk_desk import BulkDesk
from sandbox.zoho.clock import SandboxClock
from sandbox.zoho.credits import CallCounter, Concurrency, Ledger
from sandbox.zoho.encoded import EncodedRows
from sandbox.zoho.faults import Faults
from sandbox.zoho.generated import build_generated
from sandbox.zoho.limits import Limits
from sandbox.zoho.oauth import TokenDesk
from sandbox.zoho.organisation import organisation_of
from sandbox.zoho.specification import OrganisationSpec
from sandbox.zoho.store import Store
from sandbox.zoho.watch_channels import ChannelBoard


@dataclass
class Zoho:
    """Everything a call can reach. ``page_key`` signs page tokens."""

    clock: SandboxClock
    base_url: str
    store: Store
    tokens: TokenDesk
    ledger: Ledger
    encoded: EncodedRows
    bulk: BulkDesk
    limits: Limits = field(default_factory=Limits)
    faults: Faults = field(default_factory=Faults)
    concurrency: Concurrency = field(default_factory=Concurrency)
    counter: CallCounter = field(default_factory=CallCounter)
    enrichments: dict[str, dict[str, Any]] = field(default_factory=dict)  # Zia's jobs by id
    suite: object = None  # sandbox.suite keeps its records here
    page_key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    finance: FinanceDesk = field(init=False)
    watch: ChannelBoard = field(init=False)

    def __post_init__(self) -> None:
        self.watch = ChannelBoard(self.clock, self.base_url, self.store)
        self.finance = FinanceDesk(self.clock, self.store)


def start_zoho(clock: SandboxClock, base_url: str, organisation: OrganisationSpec | None = None) -> Zoho:
    """A Zoho with the organisation as it is today: a generated one, or without a size Maven Hardware."""
    store = organisation_of(clock) if organisation is None else build_generated(clock, organisation)
    users = len(store.tables["Users"].records)
    tokens, ledger = TokenDesk(clock), Ledger(clock, users)
    return Zoho(clock, base_url, store, tokens, ledger, EncodedRows(store), BulkDesk(clock))
