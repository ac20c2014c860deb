"""From an answer that is not a success to the error that says how one recovers. Decides; sends nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from connector.errors import ConnectorError, Fatal, NotConsented, NotPermitted, Retriable, StartOver

# Statuses that pass by themselves, whatever the code in the body says.
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
# Only these two 401 are about the token; the others stay the same with a fresh one.
TOKEN_CODES = frozenset({"INVALID_TOKEN", "AUTHENTICATION_FAILURE"})
# A list cannot be continued: its token expired, or was made for other parameters.
POSITION_CODES = frozenset({"EXPIRED_VALUE", "TOKEN_BOUND_DATA_MISMATCH"})
LONGEST_QUOTE = 200
NAMED_SCOPES = {
    "actions/watch": "ZohoCRM.notifications.ALL",  # to make, list, renew and end channels
    "org/currencies": "ZohoCRM.settings.currencies.{operation}",
    "upload": "ZohoFiles.files.ALL",
    "__zia_org_enrichment": "ZohoCRM.settings.intelligence.{operation}",
}
OPERATIONS = {"GET": "READ", "POST": "CREATE", "PUT": "UPDATE", "PATCH": "UPDATE", "DELETE": "DELETE"}


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was asked for: enough to name it in a sentence, nothing secret."""

    method: str
    path: str
    module: str | None = None

    @property
    def subject(self) -> str:
        """The module, or the last part of the path."""
        return self.module or module_of(self.path) or urlsplit(self.path).path.rsplit("/", 1)[-1]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A non-success answer, read. ``code`` is empty when the body is not Zoho's envelope."""

    status: int
    code: str = ""
    message: str = ""
    details: Mapping[str, Any] | None = None
    retry_after_seconds: float | None = None

    @property
    def is_about_the_token(self) -> bool:
        """Whether a fresh access token may help."""
        return self.status == 401 and self.code in TOKEN_CODES  # noqa: PLR2004 -- HTTP's own number

    def __str__(self) -> str:
        return f"{self.status} ({self.code})" if self.code else str(self.status)


def module_of(path: str) -> str | None:
    """The module in the path of a record call: ``/crm/v8/Deals/123`` -> ``Deals``."""
    parts = [part for part in path.split("/") if part]
    # Modules' API names begin with a capital; what Zoho itself serves there (settings, users, org) does not.
    return parts[2] if len(parts) > 2 and parts[2][:1].isupper() else None  # noqa: PLR2004


def read_refusal(status: int, body: object, retry_after: str | None) -> Refusal:
    """Read the error envelope, if it is one."""
    seconds = float(retry_after) if retry_after and retry_after.strip().isdigit() else None
    if not isinstance(body, dict):
        return Refusal(status, retry_after_seconds=seconds)
    details = body.get("details")
    return Refusal(
        status,
        _quoted(body.get("code")),
        _quoted(body.get("message")),
        details if isinstance(details, dict) else None,
        seconds,
    )


def error_for(refusal: Refusal, exchange: Exchange) -> ConnectorError:
    """The error to raise, with Zoho's code."""
    error = _error(refusal, exchange)
    error.code = refusal.code
    return error


def _error(refusal: Refusal, exchange: Exchange) -> ConnectorError:
    if refusal.status in PASSING:
        return Retriable(
            f"Zoho answered {refusal} to {exchange}.",
            _for_passing(refusal.status),
            after_seconds=refusal.retry_after_seconds,
        )
    if refusal.code in POSITION_CODES and "page_token" in str(refusal.details):
        return StartOver(f"Zoho does not know the place in the list of {exchange.subject} any more.")
    if refusal.code == "OAUTH_SCOPE_MISMATCH":
        return _scope_missing(exchange)
    if refusal.status in {401, 403}:
        return _not_permitted(refusal, exchange)
    if refusal.code == "INVALID_MODULE":
        return Fatal(
            f"Zoho has no module {exchange.subject} that its API gives.",
            "Check the module's API name in the mapping (Setup, Developer Hub, APIs, API names).",
        )
    return Fatal(f"Zoho answered {refusal} to {exchange}{_in_its_words(refusal)}.", _for_limit(refusal))


def _scope_missing(exchange: Exchange) -> NotConsented:
    return NotConsented(
        f"Zoho does not let us use {exchange.subject}: "
        "the scope of the refresh token does not cover it (OAUTH_SCOPE_MISMATCH).",
        f"Make a new refresh token whose scopes include {scope_for(exchange)} "
        "and put it into BELLWETHER_ZOHO__REFRESH_TOKEN.",
    )


def scope_for(exchange: Exchange) -> str:
    """The scope that a call needs (fact: the API names scopes after its paths, with these exceptions)."""
    _, kind, *parts = [part for part in exchange.path.split("/") if part][:6]
    module = module_of(exchange.path)
    if kind == "bulk":
        return "ZohoCRM.bulk.READ" if "read" in parts else "ZohoCRM.bulk.CREATE"
    if module and parts[-2:] == ["actions", "count"]:
        return f"ZohoSearch.securesearch.READ and ZohoCRM.modules.{module}.READ"
    operation = OPERATIONS[exchange.method]
    if module:
        return f"ZohoCRM.modules.{module}.{operation} (or ZohoCRM.modules.ALL)"
    if parts[0] == "settings":
        return f"ZohoCRM.settings.{parts[1]}.{operation}"
    named = NAMED_SCOPES.get("/".join(parts)) or NAMED_SCOPES.get(parts[0])
    return named.format(operation=operation) if named else f"ZohoCRM.{parts[0]}.READ"


def _not_permitted(refusal: Refusal, exchange: Exchange) -> NotPermitted:
    permissions = (refusal.details or {}).get("permissions")
    named = f": {', '.join(str(one) for one in permissions)}" if isinstance(permissions, list) else ""
    return NotPermitted(
        f"Zoho refuses {exchange} with {refusal}{_in_its_words(refusal)}.",
        f"Give the user who made the refresh token the permission it lacks{_quoted(named)}.",
    )


def _for_passing(status: int) -> str:
    if status == 429:  # noqa: PLR2004
        return "Too many calls at once, or the day's API credits are used up; it will be tried again later."
    return "What was read is kept; it goes on from there at the next try."


def _for_limit(refusal: Refusal) -> str:
    if refusal.code in {"PAGINATION_LIMIT_EXCEEDED", "DISCRETE_PAGINATION_LIMIT_EXCEEDED"}:
        return "The module holds more records than Zoho's record lists reach (100,000)."
    details = refusal.details or {}
    named = ", ".join(f"{name} {value}" for name, value in details.items())
    return f"It names {_quoted(named)}." if named else ""


def _in_its_words(refusal: Refusal) -> str:
    return f': "{refusal.message.rstrip(".")}"' if refusal.message else ""


def _quoted(text: object) -> str:
    """Foreign text in one of our sentences: one line, not endless."""
    if not isinstance(text, str):
        return ""
    return "".join(sign if sign.isprintable() else " " for sign in text)[:LONGEST_QUOTE]
