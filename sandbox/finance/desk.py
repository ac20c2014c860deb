"""The Finance side of a running Zoho: documents built when they are first asked for, limits, webhooks."""

from __future__ import annotations

from functools import cached_property

from sandbox.finance.billing import build_billing, note_changes
from sandbox.finance.crm_side import read_crm
from sandbox.finance.documents import Archive
from sandbox.finance.limits import Limits
from sandbox.finance.orders import build_orders
from sandbox.finance.organisation import build_sales, start_build
from sandbox.finance.webhooks import Webhooks
from sandbox.zoho.clock import SandboxClock
from sandbox.zoho.store import Store


class FinanceDesk:
    """What a Finance call can reach."""

    def __init__(self, clock: SandboxClock, store: Store) -> None:
        self._clock = clock
        self._store = store
        self.limits = Limits(clock)
        self.webhooks = Webhooks()

    @cached_property
    def archive(self) -> Archive:
        """All documents, built on first use: it takes a second, and many ask for the CRM only."""
        build = start_build(self._clock, read_crm(self._store))
        build_sales(build)
        build_orders(build)
        build_billing(build)
        note_changes(build.archive)
        build.archive.listeners.append(self.webhooks.note)
        return build.archive
