"""From an answer of Zoho Finance that is not a success to the error that says how one recovers."""

from __future__ import annotations

from dataclasses import dataclass

from connector.errors import ConnectorError, Fatal, NeedsPerson, NotOffered, OutOfBudget, Retriable
from connector.zoho.finance_products import ProductFacts

LONGEST_QUOTE = 200
# Zoho Finance's codes (its documentation; the half hour of code 44 was measured).
INVALID_TOKEN = 14
NOT_AUTHORISED = 57
WRONG_ORGANISATION = 6041
DOES_NOT_EXIST = 1002
MINUTE_LIMIT = 44
DAY_LIMIT = 45
TOO_MANY_AT_ONCE = 1070
BAD_VALUES = frozenset({2, 4})
BLOCK_SECONDS = 1800.0
LONG_WAIT_SECONDS = 60.0  # what asks for more than this is a block, not a hiccup
BUSY_SECONDS = 1.0
HTTP_ERRORS = 400
SERVER_ERRORS = 500
UNAUTHORISED = 401
NOT_FOUND = 404
TOO_MANY = 429
REQUEST_TIMEOUT = 408


class Passing(Retriable):
    """It will pass within seconds; the same call is sent again."""


class Blocked(Retriable):
    """The organisation takes no calls for a while, from anybody."""


class DayUsedUp(OutOfBudget):
    """The organisation's calls of this day are used up."""


class WrongOrganisation(NeedsPerson):
    """The credentials do not reach the organisation."""


class Absent(Fatal):
    """What was asked for does not exist."""


@dataclass(frozen=True, slots=True)
class FinanceExchange:
    """What was asked for: enough to name it in a sentence, nothing secret.

    ``is_choosy`` says that the call asks for a filter or a sorting that the list may not know.
    """

    facts: ProductFacts
    list_name: str
    name: str
    is_choosy: bool = False

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class FinanceRefusal:
    """A non-success, read. ``code`` is None when the body is not Zoho's envelope."""

    status: int
    code: int | None = None
    message: str = ""
    after_seconds: float | None = None

    @property
    def is_about_the_token(self) -> bool:
        """Whether a fresh access token may help."""
        return self.code == INVALID_TOKEN or (self.status == UNAUTHORISED and self.code is None)

    def __str__(self) -> str:
        return f"{self.status} (code {self.code})" if self.code is not None else str(self.status)


def read_refusal(status: int, body: object, retry_after: str | None) -> FinanceRefusal | None:
    """Read an answer; None when it is a success. A code other than 0 is an error, also with HTTP 200."""
    seconds = float(retry_after) if retry_after and retry_after.strip().isdigit() else None
    code = body.get("code") if isinstance(body, dict) else None
    if isinstance(code, str) and code.isdecimal():
        code = int(code)
    message = body.get("message") if isinstance(body, dict) else ""
    known = code if isinstance(code, int) and not isinstance(code, bool) else None
    if status < HTTP_ERRORS and known == 0:
        return None
    return FinanceRefusal(status, known or None, quoted(message), seconds)


def error_for(refusal: FinanceRefusal, exchange: FinanceExchange) -> ConnectorError:
    """The error to raise."""
    said = f"{refusal}{_in_its_words(refusal)}"
    if refusal.code == NOT_AUTHORISED:
        return NeedsPerson(
            f"Zoho Finance refuses {exchange} with {said}.",
            f"Make a new refresh token whose scopes include {exchange.facts.scope(exchange.list_name)}, or "
            "give the user who made it the role that sees these records.",
        )
    if refusal.code == WRONG_ORGANISATION:
        return WrongOrganisation(f"The credentials do not reach this Finance organisation: {said}.")
    if refusal.code == DOES_NOT_EXIST or (refusal.status == NOT_FOUND and refusal.code is None):
        return Absent(f"Zoho Finance answered {said} to {exchange}.")
    if refusal.status == UNAUTHORISED or refusal.code == INVALID_TOKEN:
        return NeedsPerson(
            f"Zoho Finance refuses the access token that Zoho has just given out ({said}).",
            "Check that BELLWETHER_ZOHO__REGION is the organisation's region.",
        )
    return _passing(refusal, exchange) or _lasting(refusal, exchange, said)


def _lasting(refusal: FinanceRefusal, exchange: FinanceExchange, said: str) -> ConnectorError:
    if exchange.is_choosy and refusal.code in BAD_VALUES:
        return NotOffered(f"the list refuses it: {said}")
    return Fatal(f"Zoho Finance answered {said} to {exchange}.")


def _passing(refusal: FinanceRefusal, exchange: FinanceExchange) -> Retriable | None:
    """What goes by with time: within seconds, in half an hour, or at midnight."""
    asked = refusal.after_seconds
    if refusal.code == DAY_LIMIT:
        return DayUsedUp(f"Zoho Finance takes no more calls today: {refusal}.", after_seconds=asked)
    if refusal.code == MINUTE_LIMIT or (refusal.status == TOO_MANY and (asked or 0) > LONG_WAIT_SECONDS):
        return Blocked(
            f"Zoho Finance has blocked the organisation's calls for a while: {refusal}.",
            "See whether another program calls it too often; it goes on by itself afterwards.",
            after_seconds=BLOCK_SECONDS if asked is None else asked,
        )
    busy = refusal.code == TOO_MANY_AT_ONCE or refusal.status == TOO_MANY
    if busy or refusal.status >= SERVER_ERRORS or refusal.status == REQUEST_TIMEOUT:
        return Passing(
            f"Zoho Finance answered {refusal} to {exchange}.",
            "What was read is kept; it goes on from there at the next try.",
            after_seconds=asked or (BUSY_SECONDS if busy else None),
        )
    return None


def _in_its_words(refusal: FinanceRefusal) -> str:
    return f': "{refusal.message.rstrip(".")}"' if refusal.message else ""


def quoted(text: object) -> str:
    """Foreign text in one of our sentences: one line, not endless."""
    if not isinstance(text, str):
        return ""
    return "".join(sign if sign.isprintable() else " " for sign in text)[:LONGEST_QUOTE]
