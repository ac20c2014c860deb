"""Ordered misfortunes: what goes wrong, where, and how often."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

KINDS = ("down", "rate_limit", "slow", "lost_answer", "server_error", "disconnect")


@dataclass
class Fault:
    """One order. ``match`` is a part of a method's name; an empty one means everything."""

    kind: str
    match: str = ""
    times: int | None = None
    seconds: float | None = None


class Faults:
    """The orders that stand, oldest first; the first that matches applies."""

    def __init__(self) -> None:
        self._orders: list[Fault] = []

    def order(self, fault: Fault) -> None:
        """Place an order."""
        self._orders.append(fault)

    def clear(self) -> None:
        """Everything works again."""
        self._orders.clear()

    def as_list(self) -> list[dict[str, Any]]:
        """The orders that stand."""
        return [asdict(one) for one in self._orders]

    def is_down(self) -> bool:
        """Whether the whole of Slack is unreachable."""
        return any(one.kind == "down" and not one.match for one in self._orders)

    def take(self, method: str) -> Fault | None:
        """The fault that this call meets; counts it."""
        for fault in self._orders:
            if fault.match in method:
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._orders.remove(fault)
                return fault
        return None
