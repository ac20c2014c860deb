"""The ``/_sandbox/finance`` API: changes, the truth to compare a copy with, limits, webhooks."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from sandbox.finance.changes import Changes
from sandbox.finance.documents import Document
from sandbox.finance.kinds import kind_of
from sandbox.finance.limits import NAMES
from sandbox.finance.shapes import plain_row
from sandbox.finance.webhooks import Hook
from sandbox.finance.wire import number
from sandbox.zoho.answers import Answer, Call, Refused
from sandbox.zoho.state import Zoho

KINDS_OF_CHANGE = ("inserts", "updates", "deletes", "voids")
MOST_RECORDS = 10_000


def make_changes(zoho: Zoho, call: Call) -> Answer:
    """Make random changes; the answer counts them by kind and list."""
    wish = call.json() if call.body else {}
    numbers = {name: _number(wish, name, 0) for name in KINDS_OF_CHANGE}
    changes = Changes(zoho.finance.archive, _number(wish, "seed", 1))
    changes.make(numbers)
    return Answer(200, {"made": dict(sorted(changes.made.items()))})


def show_records(zoho: Zoho, call: Call) -> Answer:
    """The truth: every document of a list by id, as list and detail say it, and its lines in short.

    Left out is what the day or other documents decide (due_days, outstanding amounts). ``after`` and
    ``limit`` page through it; ``lines=0`` leaves the lines out, of which there are many.

    Lists are called as in Books; Billing's are billing_customers, subscriptions, billing_invoices,
    transactions, events and plans.
    """
    name = call.names["list"]
    if kind_of(name) is None:
        raise Refused(404, "INVALID_DATA", {"list": name})
    documents = zoho.finance.archive.of(name)
    ids = sorted(documents, key=int)
    after = call.query.get("after", "0")
    ids = [one for one in ids if int(one) > int(after)] if after.isdecimal() else []
    shown = ids[: call.number("limit", MOST_RECORDS, MOST_RECORDS)]
    lines = call.query.get("lines") != "0"
    return Answer(
        200, {"count": len(documents), "records": [_truth(documents[one], lines=lines) for one in shown]}
    )


def _truth(document: Document, *, lines: bool) -> dict[str, Any]:
    found = {
        "id": document.id,
        "modified": document.modified,
        "values": plain_row(document),
        "detail": document.extra,
    }
    if lines:
        found["lines"] = [
            {
                "line_item_id": one.id,
                "item_id": one.item,
                "name": one.name,
                "quantity": one.quantity,
                "rate": number(one.rate),
                "item_total": number(one.total),
            }
            for one in document.lines
        ]
    return found


def show_limits(zoho: Zoho, _call: Call) -> Answer:
    """The limits and how much of them is used."""
    return Answer(200, zoho.finance.limits.as_json())


def set_limits(zoho: Zoho, call: Call) -> Answer:
    """Other limits than Zoho's; a number that is not named stays."""
    wish = call.json()
    for name in wish:
        if name not in NAMES:
            raise Refused(400, "INVALID_DATA", {"api_name": name, "supported_values": list(NAMES)})
    for name in wish:
        setattr(zoho.finance.limits, name, _number(wish, name, 0))
    return Answer(200, zoho.finance.limits.as_json())


def reset_limits(zoho: Zoho, _call: Call) -> Answer:
    """Forget all calls and every block; the limits stay."""
    zoho.finance.limits.reset()
    return Answer(200, zoho.finance.limits.as_json())


def add_webhook(zoho: Zoho, call: Call) -> Answer:
    """Tell a local address of changes: url, secret (may be empty), entities (names of lists; none: all)."""
    wish = call.json()
    url, entities = str(wish.get("url") or ""), wish.get("entities") or []
    address = urlsplit(url)
    if address.scheme != "http" or address.hostname not in {"127.0.0.1", "localhost"}:
        raise Refused(400, "INVALID_DATA", {"api_name": "url"}, "only addresses of this machine")
    if not isinstance(entities, list) or not all(isinstance(one, str) and kind_of(one) for one in entities):
        raise Refused(400, "INVALID_DATA", {"api_name": "entities"})
    zoho.finance.webhooks.add(Hook(url, str(wish.get("secret") or ""), frozenset(entities)))
    return show_webhooks(zoho, call)


def show_webhooks(zoho: Zoho, _call: Call) -> Answer:
    """Where changes are told, and how many were."""
    hooks = zoho.finance.webhooks
    told = [{"url": one.url, "entities": sorted(one.entities)} for one in hooks.hooks]
    return Answer(200, {"webhooks": told, "sent": hooks.sent, "failed": hooks.failed})


def remove_webhooks(zoho: Zoho, call: Call) -> Answer:
    """Tell nobody any more."""
    zoho.finance.webhooks.hooks.clear()
    return show_webhooks(zoho, call)


def _number(wish: dict[str, Any], name: str, default: int) -> int:
    value = wish.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**9:
        raise Refused(400, "INVALID_DATA", {"api_name": name})
    return value
