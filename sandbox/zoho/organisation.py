"""The organisation: the data set's accounts, products, agents and opportunities as CRM records.

Dates are shifted by whole days so that the last closing day is yesterday; spelling errors stay.
"""

from __future__ import annotations

import pickle
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sandbox.zoho.clock import ZONE, SandboxClock
from sandbox.zoho.invented import number_for, people_of, phone_of, place_of, slug, tag_of
from sandbox.zoho.schema import ORGANISATION_DIGITS, TAG_COLOURS
from sandbox.zoho.source import Source, SourceAccount, SourceDeal, read_source
from sandbox.zoho.staff import ADMINISTRATOR, add_staff
from sandbox.zoho.store import Record, Store, complete

STAGE_NAMES = {
    "Won": "Closed Won",
    "Lost": "Closed Lost",
    "Engaging": "Negotiation/Review",
    "Prospecting": "Qualification",
}
PRODUCTS_AS_MEANT = {"GTXPro": "GTX Pro"}
EXPECTED_DAYS_TO_CLOSE = 90
FIRST_ACCOUNT, FIRST_CONTACT, FIRST_PRODUCT, FIRST_DEAL = (
    ORGANISATION_DIGITS + offset for offset in (1_000_001, 1_100_001, 1_200_001, 2_000_001)
)


@dataclass(frozen=True)
class Shift:
    """Moves the data set's days so that its last closing day is yesterday."""

    days: timedelta
    yesterday: date

    def day(self, source_day: date) -> date:
        """A day of the data set as a day of the organisation."""
        return source_day + self.days


def organisation_of(clock: SandboxClock) -> Store:
    """As ``build_organisation``, in a fifth of the time from the second one of a day on: tests make many."""
    store: Store = pickle.loads(_written(clock.today()))  # noqa: S301 - what was written a moment ago, here
    store.clock = clock
    return store


@lru_cache(maxsize=1)
def _written(today: date) -> bytes:
    """An organisation of a day, written down so that each reading of it is one of its own."""
    return pickle.dumps(build_organisation(_StoppedClock(today)))


class _StoppedClock(SandboxClock):
    """Noon of a day."""

    def __init__(self, today: date) -> None:
        super().__init__()
        self._noon = datetime.combine(today, time(12), ZONE).astimezone(UTC)

    def now(self) -> datetime:
        return self._noon


def build_organisation(clock: SandboxClock, source: Source | None = None) -> Store:
    """A store with the whole organisation; the same ids and values in every run, the dates by the clock."""
    source = source or read_source()
    store = Store(clock, ADMINISTRATOR)
    yesterday = clock.today() - timedelta(days=1)
    shift = Shift(yesterday - max(deal.closed for deal in source.deals if deal.closed), yesterday)
    began = instant(min(_created_day(deal, shift) for deal in source.deals) - timedelta(days=120), "start")
    users = add_staff(store, source.agents, began)
    products = _add_products(store, source, began)
    accounts = _add_accounts(store, source, users, shift)
    contacts = _add_contacts(store, source.accounts, accounts)
    _add_deals(store, source, shift, _Names(users, products, accounts, contacts))
    return store


def instant(day: date, key: str) -> int:
    """A moment in the office hours (8 to 18) of a day, chosen by the key, as seconds since 1970."""
    opening = datetime.combine(day, time(8), ZONE)
    return int(opening.timestamp()) + number_for(key, 10 * 3600)


@dataclass(frozen=True)
class _Names:
    """Ids by the names that the data set uses."""

    users: dict[str, int]
    products: dict[str, int]
    accounts: dict[str, int]
    contacts: dict[str, list[int]]


def _add(store: Store, module: str, identity: int, times: tuple[int, int], values: dict[str, Any]) -> None:
    table = store.tables[module]
    created, modified = times
    record = Record(identity, created, modified, values)
    values.setdefault("Tag", [])
    complete(table.module, record, int(values["Owner"]))
    table.add(record)


def _add_products(store: Store, source: Source, began: int) -> dict[str, int]:
    ids = {}
    for identity, product in enumerate(source.products, FIRST_PRODUCT):
        ids[product.name] = identity
        values = {
            "Product_Name": product.name,
            "Product_Code": slug(product.name).upper(),
            "Product_Category": product.series,
            "Unit_Price": product.price,
            "Product_Active": True,
            "Owner": ADMINISTRATOR,
        }
        _add(store, "Products", identity, (began, began), values)
    return ids


def _add_accounts(store: Store, source: Source, users: dict[str, int], shift: Shift) -> dict[str, int]:
    ids = {account.name: identity for identity, account in enumerate(source.accounts, FIRST_ACCOUNT)}
    owners = _best_agents(source.deals)
    first_days = _first_days(source.deals, shift)
    for account in source.accounts:
        first = first_days.get(account.name, shift.yesterday)
        opened = first - timedelta(days=10 + number_for(f"opened {account.name}", 50))
        changed = opened + timedelta(days=number_for(account.name, (shift.yesterday - opened).days))
        created = instant(opened, account.name)
        times = created, max(created, instant(changed, f"changed {account.name}"))
        owner = users.get(owners.get(account.name, ""), ADMINISTRATOR)
        values = _account_values(account) | {"Parent_Account": ids.get(account.parent or ""), "Owner": owner}
        _add(store, "Accounts", ids[account.name], times, values)
    return ids


def _account_values(account: SourceAccount) -> dict[str, Any]:
    place = place_of(account.name, account.office_location)
    return {
        "Account_Name": account.name,
        "Account_Type": "Customer",
        "Industry": account.sector,
        "Annual_Revenue": int(Decimal(account.revenue_millions) * 1_000_000),
        "Employees": account.employees,
        "Website": f"https://{slug(account.name)}.example",
        "Phone": phone_of(account.name),
        "Billing_City": place.town,
        "Billing_State": place.state,
        "Billing_Country": account.office_location,
        "Year_Established": account.year_established,
        "Tag": _tags(account.name),
    }


def _tags(account: str) -> list[dict[str, str]]:
    name = tag_of(account)
    if name is None:
        return []
    number = number_for(name, 1000)
    colour = TAG_COLOURS[number % len(TAG_COLOURS)]
    return [{"name": name, "id": str(ORGANISATION_DIGITS + 70_000 + number), "color_code": colour}]


def _best_agents(deals: Iterable[SourceDeal]) -> dict[str, str]:
    """Per account the agent with the most won deals; the first by name where several have as many."""
    won: dict[str, Counter[str]] = defaultdict(Counter)
    for deal in deals:
        if deal.stage == "Won" and deal.account:
            won[deal.account][deal.agent] += 1
    return {
        account: min(counts, key=lambda agent: (-counts[agent], agent)) for account, counts in won.items()
    }


def _first_days(deals: Iterable[SourceDeal], shift: Shift) -> dict[str, date]:
    first: dict[str, date] = {}
    for deal in deals:
        if deal.account:
            day = _created_day(deal, shift)
            first[deal.account] = min(day, first.get(deal.account, day))
    return first


def _created_day(deal: SourceDeal, shift: Shift) -> date:
    """The engage day; opportunities that nobody has engaged yet were entered in the last sixty days."""
    if deal.engaged:
        return shift.day(deal.engaged)
    return shift.yesterday - timedelta(days=number_for(deal.code, 60))


def _add_contacts(
    store: Store, accounts: Iterable[SourceAccount], ids: dict[str, int]
) -> dict[str, list[int]]:
    contacts: dict[str, list[int]] = {}
    identity = FIRST_CONTACT
    for account in accounts:
        parent = store.tables["Accounts"].records[ids[account.name]]
        contacts[account.name] = []
        for person in people_of(account.name):
            values = {
                "First_Name": person.first_name,
                "Last_Name": person.last_name,
                "Account_Name": parent.id,
                "Email": person.email,
                "Phone": person.phone,
                "Title": person.title,
                "Department": person.department,
                "Mailing_City": parent.values["Billing_City"],
                "Mailing_Country": parent.values["Billing_Country"],
                "Owner": parent.values["Owner"],
            }
            _add(store, "Contacts", identity, (parent.created, parent.created), values)
            contacts[account.name].append(identity)
            identity += 1
    return contacts


def _add_deals(store: Store, source: Source, shift: Shift, names: _Names) -> None:
    """Ids ascend with the time of creation, as they do in a CRM."""
    prices = {product.name: product.price for product in source.products}
    by_creation = sorted(source.deals, key=lambda deal: (_created_day(deal, shift), deal.code))
    for identity, deal in enumerate(by_creation, FIRST_DEAL):
        created = instant(_created_day(deal, shift), deal.code)
        modified = instant(shift.day(deal.closed), f"closed {deal.code}") if deal.closed else created
        values = _deal_values(deal, shift, names, prices)
        _add(store, "Deals", identity, (created, max(created, modified)), values)


def _deal_values(deal: SourceDeal, shift: Shift, names: _Names, prices: dict[str, int]) -> dict[str, Any]:
    product = PRODUCTS_AS_MEANT.get(deal.product, deal.product)
    people = names.contacts.get(deal.account or "", [])
    closing = _closing_day(deal, shift)
    return {
        "Deal_Name": " · ".join(part for part in (deal.account, deal.product, deal.code) if part),
        "Stage": STAGE_NAMES[deal.stage],
        "Amount": deal.value if deal.stage == "Won" else prices[product],
        "Closing_Date": closing.isoformat() if closing else None,
        "Account_Name": names.accounts[deal.account] if deal.account else None,
        "Contact_Name": people[number_for(deal.code, len(people))] if people else None,
        "Product": names.products[product],
        "Product_Name_As_Written": deal.product,
        "Owner": names.users[deal.agent],
    }


def _closing_day(deal: SourceDeal, shift: Shift) -> date | None:
    if deal.closed:
        return shift.day(deal.closed)
    return shift.day(deal.engaged) + timedelta(days=EXPECTED_DAYS_TO_CLOSE) if deal.engaged else None
