"""From a row of Zoho Finance, as it came over the wire, to the value that the copy keeps. Sends nothing.

Empty is ``""`` in Finance, never null; ids are digits; money is a number, an integer when it is whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from connector.errors import Skippable
from connector.finance_ports import FinanceContact, FinanceItem, FinanceLine
from connector.zoho.finance_canonical import canonical, digits

Row: TypeAlias = Mapping[str, Any]
LONGEST_ID = 32
MOST_MINOR = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Context:
    """What a row does not say: the organisation's currency and zone, and the key of the last change."""

    currency: str
    zone: ZoneInfo
    modified: str = "last_modified_time"


def text(row: Row, *keys: str) -> str | None:
    """The first of these that is not empty, as text."""
    for key in keys:
        value = row.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return None


def identifier(row: Row, *keys: str) -> str:
    """The row's id.

    Raises:
        Skippable: it has none that can be used.
    """
    found = text(row, *keys)
    if found is None or len(found) > LONGEST_ID or not found.isascii() or not found.isalnum():
        raise Skippable("it has no id")
    return found


def number(row: Row, *keys: str) -> Decimal | None:
    """The first of these that is not empty, exact.

    Raises:
        Skippable: it is not a number.
    """
    for key in keys:
        value = row.get(key)
        if value is None or (isinstance(value, str) and not value.strip()):
            continue
        try:
            return _decimal(value)
        except (InvalidOperation, TypeError, ValueError):
            raise Skippable(f"{key} is not a number") from None
    return None


def _decimal(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise TypeError
    found = Decimal(value)
    digits(found)  # says so when it is out of range
    return found


def minor(amount: Decimal | None, rate: Decimal = Decimal(1)) -> int | None:
    """Hundredths of the organisation's currency, rounded half to even.

    Raises:
        Skippable: more than any database holds.
    """
    if amount is None:
        return None
    cents = int((amount * rate * 100).to_integral_value(ROUND_HALF_EVEN))
    if abs(cents) > MOST_MINOR:
        raise Skippable("an amount in it is out of any range")
    return cents


def day(row: Row, *keys: str) -> date | None:
    """The first of these that is not empty, as a date.

    Raises:
        Skippable: it is not a date.
    """
    found = text(row, *keys)
    if found is None:
        return None
    try:
        return date.fromisoformat(found[:10])
    except ValueError:
        raise Skippable(f"{keys[0]} is not a date") from None


def instant(value: object, zone: ZoneInfo) -> datetime | None:
    """A stamp in UTC; without an offset it is in the organisation's zone. None when it is none."""
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def modified_at(row: Row, context: Context) -> datetime | None:
    """The stamp of the last change in a list."""
    return instant(text(row, context.modified, "last_modified_time", "updated_time"), context.zone)


def contact(row: Row, context: Context) -> FinanceContact:
    """A contact of Books, Invoice and Inventory, or a customer of Billing."""
    linked = row.get("is_linked_with_zohocrm")
    return FinanceContact(
        id=identifier(row, "contact_id", "customer_id"),
        name=text(row, "contact_name", "display_name", "customer_name"),
        company=text(row, "company_name"),
        email=text(row, "email"),
        kind=text(row, "contact_type") or "customer",
        status=text(row, "status"),
        currency=text(row, "currency_code"),
        is_linked=linked if isinstance(linked, bool) else None,
        created_at=instant(row.get("created_time"), context.zone),
        modified_at=modified_at(row, context),
        raw=canonical(row),
    )


def item(row: Row, context: Context) -> FinanceItem:
    """Something that is sold or bought."""
    return FinanceItem(
        id=identifier(row, "item_id"),
        name=text(row, "name", "item_name"),
        code=text(row, "sku"),
        kind=text(row, "product_type", "item_type"),
        status=text(row, "status"),
        rate_minor=minor(number(row, "rate")),
        crm_product_id=text(row, "zcrm_product_id"),
        created_at=instant(row.get("created_time"), context.zone),
        modified_at=modified_at(row, context),
        raw=canonical(row),
    )


def lines(rows: object, rate: Decimal | None) -> tuple[FinanceLine, ...]:
    """The lines of a single document whose currency has this rate; None leaves the amounts empty."""
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        return ()
    found = {}
    for place, row in enumerate(rows, 1):
        if isinstance(row, Mapping):
            line = _line(row, place, rate)
            found[line.line_id] = line
    return tuple(found.values())


def _line(row: Row, place: int, rate: Decimal | None) -> FinanceLine:
    quantity = number(row, "quantity")
    amount = number(row, "item_total")
    return FinanceLine(
        line_id=(text(row, "line_item_id") or str(place))[:LONGEST_ID],
        item_id=text(row, "item_id", "product_id"),
        name=text(row, "name", "description"),
        quantity=digits(quantity) if quantity is not None else None,
        amount_minor=minor(amount, rate) if rate is not None else None,
    )
