"""Calls at the addresses for Zoho that were not taken, counted."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field

import structlog

# Where Zoho CRM calls.
CRM_PATH = "/zoho/crm"

log = structlog.get_logger(__name__)


@dataclass
class Refusals:
    """How many calls were refused, by path and reason.

    Logged when a count doubles, so that a flood stays readable.
    """

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def count(self, path: str, reason: str) -> None:
        """Note one."""
        with self._lock:
            self.counts[path, reason] += 1
            number = self.counts[path, reason]
        if number & (number - 1) == 0:
            log.warning("callback_refused", path=path, reason=reason, count=number)
