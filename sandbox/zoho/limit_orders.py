"""Other limits than Zoho's, ordered from outside."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.zoho.answers import Answer, Call, Refused
from sandbox.zoho.credits import EDITIONS
from sandbox.zoho.state import Zoho

LONGEST_LATENCY = 600.0


def set_limits(zoho: Zoho, call: Call) -> Answer:
    """Set limits: whole numbers, the seconds that every answer takes, or all that an edition allows.

    An edition brings its credits and its calls at once; what is given beside it counts more.
    """
    wish = call.json() if call.body else {}
    setters: Mapping[str, tuple[object, str]] = {
        "daily_credits": (zoho.ledger, "daily"),
        "concurrent_calls": (zoho.concurrency, "limit"),
        "heavy_calls": (zoho.concurrency, "heavy_limit"),
        "bulk_seconds": (zoho.bulk, "seconds"),
        "bulk_rows_per_file": (zoho.bulk, "rows_per_file"),
        "bulk_downloads": (zoho.bulk, "downloads_a_minute"),
        "token_requests": (zoho.tokens, "refreshes_per_window"),
        "token_window_seconds": (zoho.tokens, "window_seconds"),
        "token_rows": (zoho.limits, "token_rows"),
        "coql_rows": (zoho.limits, "coql_rows"),
        "latency_seconds": (zoho.limits, "latency_seconds"),
        "edition": (zoho.limits, "edition"),
    }
    for name, value in wish.items():
        if name not in setters or not _fits(name, value):
            raise Refused(400, "INVALID_DATA", {"api_name": name, "supported_values": list(setters)})
    if "edition" in wish:
        _license(zoho, wish["edition"])
    for name, value in wish.items():
        setattr(*setters[name], value)
    return Answer(200, {name: getattr(*place) for name, place in setters.items()})


def _license(zoho: Zoho, edition: str) -> None:
    users = len(zoho.store.tables["Users"].records)
    zoho.ledger.daily = EDITIONS[edition].credits_a_day(users)
    zoho.concurrency.limit = EDITIONS[edition].concurrent


def _fits(name: str, value: object) -> bool:
    if name == "edition":
        return isinstance(value, str) and value in EDITIONS
    if isinstance(value, bool):
        return False
    if name == "latency_seconds":
        return isinstance(value, int | float) and 0 <= value <= LONGEST_LATENCY
    return isinstance(value, int) and value >= 0
