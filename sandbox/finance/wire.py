"""Values as Finance writes them: stamps, numbers, days, addresses; and the organisation they belong to.

Empty is ``""``, never null; a whole number is a JSON int; a stamp carries the organisation's offset without a
colon (2026-06-09T09:46:21-0400), as recorded on live answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.zoho.clock import SandboxClock

ORGANISATION_ID = "712001455"
ORGANISATION_NAME = "Adventure Works Cycles"
ZONE_NAME = "America/Los_Angeles"  # not the CRM's: the day of the rate limits is the organisation's own
ZONE = ZoneInfo(ZONE_NAME)
HOME = "USD"
ID_BASE = 46_000_000_000_000_000  # ids are strings of digits

# Units of the home currency for one unit of the other.
RATES: Mapping[str, str] = {"USD": "1", "CAD": "0.73", "EUR": "1.08", "GBP": "1.27", "AUD": "0.66"}
SYMBOLS: Mapping[str, str] = {"USD": "$", "CAD": "CA$", "EUR": "€", "GBP": "£", "AUD": "A$"}
STAMPS = ("last_modified_time", "updated_time")


def stamp(epoch: int) -> str:
    """An instant in the organisation's zone."""
    text = datetime.fromtimestamp(epoch, ZONE).isoformat()
    return f"{text[:-3]}{text[-2:]}"  # quicker than strftime, and there are tens of thousands


def read_stamp(text: str) -> int | None:
    """A stamp as seconds since 1970; None when it is none."""
    try:
        return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").timestamp())
    except ValueError:
        return None


def today(clock: SandboxClock) -> date:
    """The day it is in the organisation's zone."""
    return clock.now().astimezone(ZONE).date()


def number(cents: int) -> int | float:
    """Hundredths as a JSON number, whole ones without a fraction."""
    whole, rest = divmod(cents, 100)
    return whole if rest == 0 else cents / 100


def hundredths(value: float) -> int:
    """A JSON number as hundredths."""
    return round(value * 100)


def rate_of(currency: str) -> int | float:
    """The exchange rate of a document in a currency."""
    rate = float(RATES[currency])
    return int(rate) if rate.is_integer() else rate


def at_home(cents: int, currency: str) -> int:
    """An amount in the home currency, in hundredths."""
    return round(cents * float(RATES[currency]))


def identity(offset: int) -> str:
    """An id."""
    return str(ID_BASE + offset)


def money_of(currency: str) -> dict[str, Any]:
    """The keys that say a document's currency."""
    return {
        "currency_id": identity(97 + 2 * list(RATES).index(currency)),
        "currency_code": currency,
        "currency_symbol": SYMBOLS[currency],
    }


def address(city: str = "", state: str = "", country: str = "", **more: str) -> dict[str, str]:
    """An address as details have it; the invoice list calls ``zip`` ``zipcode``."""
    blank = dict.fromkeys(
        (
            *("address_id", "attention", "address", "street2", "city", "state", "state_code", "zip"),
            *("country", "country_code", "county", "latitude", "longitude", "phone", "fax"),
        ),
        "",
    )
    return blank | {"city": city, "state": state, "country": country} | more
