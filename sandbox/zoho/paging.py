"""Pages of a record list: by number up to 2,000 rows, by a signed token up to 100,000."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from sandbox.zoho.answers import Call, Refused
from sandbox.zoho.clock import wire_time
from sandbox.zoho.ordering import Chosen, Key, Window
from sandbox.zoho.state import Zoho

LARGEST_PAGE = 200
ROWS_BY_PAGE = 2_000
TOKEN_SECONDS = 24 * 3600
SIGNATURE_BYTES = 16


@dataclass(frozen=True)
class Wish:
    """Which page is wanted: its number, and the key after which it begins (None: the first row)."""

    number: int
    per_page: int
    after: Key | None
    by_token: bool


@dataclass(frozen=True)
class Page:
    """The ids of a page's rows and its ``info``."""

    ids: Sequence[int]
    info: dict[str, Any]


def read_wish(zoho: Zoho, call: Call) -> Wish:
    """What page a call wants.

    Raises:
        Refused: a number is out of range, both ways are used, or the token is not valid.
    """
    per_page = call.number("per_page", LARGEST_PAGE, LARGEST_PAGE)
    token = call.query.get("page_token")
    if token is None:
        number = call.number("page", 1)
        if number * per_page > ROWS_BY_PAGE:
            raise Refused(400, "DISCRETE_PAGINATION_LIMIT_EXCEEDED", {"limit": ROWS_BY_PAGE})
        return Wish(number, per_page, None, by_token=False)
    if "page" in call.query:
        raise Refused(400, "AMBIGUITY_DURING_PROCESSING", {"ambiguity_due_to": ["page", "page_token"]})
    number, after = _open(zoho, call, token)
    if number * per_page > zoho.limits.token_rows:
        raise Refused(400, "PAGINATION_LIMIT_EXCEEDED", {"param_name": "page_token"})
    return Wish(number, per_page, after, by_token=True)


def cut_page(zoho: Zoho, call: Call, rows: Window | Chosen, key_of: Callable[[int], Key], wish: Wish) -> Page:
    """The wanted page of rows. By token, rows that came or went shift nothing. ``key_of`` is by id."""
    start = (wish.number - 1) * wish.per_page
    if wish.by_token:
        start = 0 if wish.after is None else rows.past(wish.after)
    shown = rows.ids(start, start + wish.per_page)
    more = start + len(shown) < len(rows)
    expiry = zoho.clock.epoch() + TOKEN_SECONDS
    following = _seal(zoho, call, wish.number + 1, key_of(shown[-1]), expiry) if more and shown else None
    before = None
    if wish.number > 1 and shown:
        first = start - wish.per_page
        left = rows.ids(first - 1, first) if first > 0 else []
        before = _seal(zoho, call, wish.number - 1, key_of(left[0]) if left else None, expiry)
    info = {
        "per_page": wish.per_page,
        "count": len(shown),
        "page": wish.number,
        "more_records": more,
        "next_page_token": following,
        "previous_page_token": before,
        "page_token_expiry": wire_time(expiry) if following or before else None,
    }
    return Page(shown, info)


def _binding(zoho: Zoho, call: Call) -> str:
    """What a token is bound to: the user, the module and all other parameters."""
    others = sorted((name, value) for name, value in call.query.items() if name not in {"page", "page_token"})
    since = call.headers.get("if-modified-since", "")
    bound = orjson.dumps([zoho.store.acting_user, call.path, since, others])
    return hashlib.sha256(bound).hexdigest()[:24]


def _sign(zoho: Zoho, payload: bytes) -> bytes:
    return hmac.digest(zoho.page_key, payload, "sha256")[:SIGNATURE_BYTES]


def _seal(zoho: Zoho, call: Call, number: int, after: Key | None, expiry: int) -> str:
    payload = orjson.dumps([_binding(zoho, call), number, after, expiry])
    return urlsafe_b64encode(_sign(zoho, payload) + payload).decode()


def _open(zoho: Zoho, call: Call, token: str) -> tuple[int, Key | None]:
    strange = Refused(400, "TOKEN_BOUND_DATA_MISMATCH", {"param_name": "page_token"})
    try:
        sealed = urlsafe_b64decode(token.encode())
    except (Base64Error, ValueError):
        raise strange from None
    signature, payload = sealed[:SIGNATURE_BYTES], sealed[SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _sign(zoho, payload)):
        raise strange
    binding, number, after, expiry = orjson.loads(payload)
    if expiry < zoho.clock.epoch():
        raise Refused(400, "EXPIRED_VALUE", {"api_name": "page_token", "json_path": "$.query.page_token"})
    if binding != _binding(zoho, call):
        raise strange
    return number, None if after is None else tuple(after)
