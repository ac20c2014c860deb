"""Webhooks of Zoho Books and its sisters: their signature, and the records that they are about. Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import parse_qsl

import orjson

from connector.feed_ports import Hint

LONGEST_ID = 32
LONGEST_EVENT_ID = 64
# The word in ``<word>_id`` -> the list that it is in.
LISTS = {
    "invoice": "invoices",
    "estimate": "estimates",
    "salesorder": "salesorders",
    "purchaseorder": "purchaseorders",
    "payment": "customerpayments",
    "customerpayment": "customerpayments",
    "creditnote": "creditnotes",
    "subscription": "subscriptions",
    "item": "items",
    "contact": "contacts",
    "customer": "contacts",
}
Pairs = Iterable[tuple[str, str]]


def signature(secret: str, pairs: Pairs, raw: bytes) -> str:
    """``X-Zoho-Webhook-Signature``: HMAC-SHA256, hex, of the sorted pairs and the raw JSON body.

    Args:
        secret: as it was given to the webhook in Books.
        pairs: of the query string and of a form body, decoded; each is written as key and value.
        raw: the JSON body as it came; empty for a form.
    """
    written = "".join(key + value for key, value in sorted(pairs)).encode() + raw
    return hmac.new(secret.encode(), written, hashlib.sha256).hexdigest()


def is_signed(secret: str, given: str, pairs: Pairs, raw: bytes) -> bool:
    """Whether a signature is right; compared in constant time. A missing one is wrong."""
    expected = signature(secret, pairs, raw)
    return hmac.compare_digest(expected.encode(), given.strip().lower().encode())


def form_pairs(body: bytes) -> list[tuple[str, str]]:
    """The pairs of a form body.

    Raises:
        ValueError: it is no form.
    """
    return parse_qsl(body.decode("utf-8"), keep_blank_values=True, strict_parsing=True, max_num_fields=1000)


def payload_of(pairs: Pairs) -> object:
    """What a form says: Books puts its default payload, JSON text, under ``JSONString``."""
    by_name = dict(pairs)
    if "JSONString" in by_name:
        try:
            return orjson.loads(by_name["JSONString"])
        except orjson.JSONDecodeError:
            return None
    return by_name


def event_id(payload: object) -> str | None:
    """The event's own id, where the product sends one (Billing does)."""
    text = str(payload.get("event_id", "")) if isinstance(payload, dict) else ""
    return text if text.isascii() and text.isalnum() and len(text) <= LONGEST_EVENT_ID else None


def hints_in(payload: object) -> tuple[Hint, ...]:
    """The records that a payload is about: ``{"invoice": {"invoice_id": …}}`` or ``{"invoice_id": …}``.

    Only the outermost one counts: an invoice names its customer too, who has not changed.
    """
    if not isinstance(payload, dict):
        return ()
    data = payload.get("data")
    for place in (payload, data if isinstance(data, dict) else {}):
        found = tuple(_wrapped(place)) or tuple(_bare(place))
        if found:
            return found
    return ()


def _wrapped(place: Mapping[str, object]) -> Iterator[Hint]:
    for word, name in LISTS.items():
        inner = place.get(word)
        if isinstance(inner, dict):
            yield from _hint(name, inner.get(f"{word}_id"))


def _bare(place: Mapping[str, object]) -> Iterator[Hint]:
    # A document's own id stands before its contact's, and the order of the lists says so.
    for word, name in LISTS.items():
        found = tuple(_hint(name, place.get(f"{word}_id")))
        if found:
            yield from found
            return


def _hint(name: str, value: object) -> Iterator[Hint]:
    text = str(value)
    if not isinstance(value, bool) and text.isascii() and text.isdigit() and len(text) <= LONGEST_ID:
        yield Hint(name, text, "")
