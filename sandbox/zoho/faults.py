"""Faults that are ordered from outside: how a Zoho looks that is slow, full, broken or strict."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

from sandbox.zoho.answers import HTML_TYPE, Answer, Refused, envelope
from sandbox.zoho.oauth import throttled

GATEWAY_PAGE = "<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
# A hanging call that outlives its seconds ends as gateways end it.
GATEWAY_ERRORS = {"bad_gateway": (502, "Bad Gateway"), "hang": (504, "Gateway Time-out")}
# Finance plays these out itself, as it does the others in its own words.
FINANCE_KINDS = frozenset(
    {"maintenance", "busy", "day_limit", "code_in_success", "truncated_json", "sort_ignored", "moved_row"}
)
KINDS = (
    "latency", "rate_limit", "server_error", "bad_gateway", "cut_body", "expired_token", "scope_missing",
    "token_throttle", "hang",
    "bulk_failure",
    *sorted(FINANCE_KINDS),
)  # fmt: skip
DEFAULT_SECONDS = {"latency": 1.0, "hang": 3600.0}
NEEDS_TOKEN = frozenset({"expired_token", "scope_missing"})


@dataclass
class Fault:
    """One ordered fault. ``match`` is a part of the path; ``times`` None means until cleared.

    ``seconds`` is how long one waits, or is told to wait: by the header Retry-After of a rate limit. Zoho's
    pages on the CRM say nothing of that header, so that without seconds there is none.
    """

    kind: str
    match: str
    times: int | None
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """As the `/_sandbox` API shows it."""
        return {"kind": self.kind, "match": self.match, "times": self.times, "seconds": self.seconds}


class Faults:
    """The ordered faults, first come, first served."""

    def __init__(self) -> None:
        self.ordered: list[Fault] = []

    def order(self, wish: dict[str, Any]) -> Fault:
        """Order one.

        Raises:
            Refused: INVALID_DATA, there is no such kind, or a number is not one.
        """
        kind, times, seconds = wish.get("kind"), wish.get("times"), wish.get("seconds")
        if kind not in KINDS:
            raise Refused(400, "INVALID_DATA", {"api_name": "kind", "supported_values": list(KINDS)})
        if times is not None and (not isinstance(times, int) or times < 1):
            raise Refused(400, "INVALID_DATA", {"api_name": "times"})
        if seconds is not None and (not isinstance(seconds, int | float) or seconds < 0):
            raise Refused(400, "INVALID_DATA", {"api_name": "seconds"})
        wanted = DEFAULT_SECONDS.get(kind, 0.0) if seconds is None else float(seconds)
        fault = Fault(kind, str(wish.get("match") or ""), times, wanted)
        self.ordered.append(fault)
        return fault

    def clear(self) -> int:
        """Take all back; how many there were."""
        count = len(self.ordered)
        self.ordered.clear()
        return count

    def delay(self, path: str) -> float:
        """Seconds to wait first: the sum of the latencies for this path."""
        waiting = [fault for fault in self.ordered if fault.kind == "latency" and fault.match in path]
        for fault in waiting:
            self._use(fault)
        return sum(fault.seconds for fault in waiting)

    def strike(self, path: str, *, accounts: bool) -> Fault | None:
        """The fault that befalls a call, if one does: the first ordered that fits the path and the server."""
        for fault in self.ordered:
            if fault.kind in {"latency", "bulk_failure"} | FINANCE_KINDS or fault.match not in path:
                continue
            if (fault.kind in NEEDS_TOKEN and accounts) or (
                fault.kind == "token_throttle" and not path.endswith("/oauth/v2/token")
            ):
                continue
            self._use(fault)
            return fault
        return None

    def take(self, kind: str, path: str) -> bool:
        """Whether a fault of a kind that the operation itself plays out was ordered for this path."""
        for fault in self.ordered:
            if fault.kind == kind and fault.match in path:
                self._use(fault)
                return True
        return False

    def _use(self, fault: Fault) -> None:
        if fault.times is not None:
            fault.times -= 1
            if fault.times == 0:
                self.ordered.remove(fault)


def refusal(fault: Fault) -> Answer | None:
    """The answer of a fault that answers instead of the call; None for those that spoil or end it."""
    if fault.kind == "token_throttle":
        return Answer(400, throttled().body, credits=0)
    if fault.kind in GATEWAY_ERRORS:
        status, title = GATEWAY_ERRORS[fault.kind]
        page = GATEWAY_PAGE.format(title=f"{status} {title}")
        return Answer(status, page, content_type=HTML_TYPE, credits=0)
    refusals = {
        "rate_limit": (429, "TOO_MANY_REQUESTS"),
        "server_error": (500, "INTERNAL_ERROR"),
        "expired_token": (401, "INVALID_TOKEN"),
        "scope_missing": (401, "OAUTH_SCOPE_MISMATCH"),
    }
    if fault.kind not in refusals:
        return None
    status, code = refusals[fault.kind]
    waiting = fault.kind == "rate_limit" and fault.seconds > 0
    headers = {"Retry-After": str(ceil(fault.seconds))} if waiting else {}
    return Answer(status, envelope(code, {}), headers, credits=0)
