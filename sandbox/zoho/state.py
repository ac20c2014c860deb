"""One running Zoho: its organisation, tokens, credits, faults and time."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from sandbox.finance.desk import FinanceDesk
from sandbox.zoho.clock import SandboxClock
from sandbox.zoho.credits import CallCounter, Concurrency, Ledger
from sandbox.zoho.faults import Faults
from sandbox.zoho.oauth import TokenDesk
from sandbox.zoho.organisation import build_organisation
from sandbox.zoho.store import Store


@dataclass
class Zoho:
    """Everything a call can reach. ``page_key`` signs page tokens."""

    clock: SandboxClock
    base_url: str
    store: Store
    tokens: TokenDesk
    ledger: Ledger
    faults: Faults = field(default_factory=Faults)
    concurrency: Concurrency = field(default_factory=Concurrency)
    counter: CallCounter = field(default_factory=CallCounter)
    page_key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    finance: FinanceDesk = field(init=False)

    def __post_init__(self) -> None:
        self.finance = FinanceDesk(self.clock, self.store)


def start_zoho(clock: SandboxClock, base_url: str) -> Zoho:
    """A Zoho with the organisation as it is today."""
    store = build_organisation(clock)
    users = len(store.tables["Users"].records)
    return Zoho(clock, base_url, store, TokenDesk(clock), Ledger(clock, users))
