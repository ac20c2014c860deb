"""A generated organisation: companies, people, products and deals of any number, none held in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sandbox.zoho.clock import SandboxClock
from sandbox.zoho.draws import Indexes, fractions, numbers
from sandbox.zoho.generated_rows import GeneratedRows
from sandbox.zoho.generated_values import (
    DAY,
    HOUR,
    Column,
    cents,
    company_names,
    constant,
    day_of,
    days,
    extra_column,
    first_names,
    host_names,
    last_names,
    midnight,
    phones,
    picked,
)
from sandbox.zoho.generated_words import NEXT_STEPS, PRODUCT_FIRST, PRODUCT_SECOND, STREETS
from sandbox.zoho.invented import DEPARTMENTS, HOME_COUNTRY, TITLES, TOWNS
from sandbox.zoho.placement import Placement, Span
from sandbox.zoho.schema import INDUSTRIES, ORGANISATION_DIGITS, STAGES, Field, Module
from sandbox.zoho.source import read_source
from sandbox.zoho.specification import OrganisationSpec
from sandbox.zoho.staff import ADMINISTRATOR, add_staff
from sandbox.zoho.store import Store

FIRST_IDS = {
    name: ORGANISATION_DIGITS + number * 10**11
    for number, name in enumerate(("Products", "Accounts", "Contacts", "Deals"), 1)
}
FIRST_NEW_ID = ORGANISATION_DIGITS + 9 * 10**11
YEARS_OF_DEALS, YEARS_BEFORE = 6, 2
DAYS_A_YEAR = 365
DAYS_TO_CLOSE, DAYS_AHEAD = 21, 90
OPEN_OF = 100  # one deal of so many is open
WON_OF_TEN = 6
SKEW = 3.0  # deals per account fall with a power of the account's rank; the largest has D / A^(1/3)
SCATTER, OTHER_SCATTER = 7_368_787, 1_000_003  # primes: the largest accounts are not the first ones
OPEN_STAGES = tuple(STAGES)[:6]
EXTRA_TYPES = ("text", "integer", "currency", "date", "boolean", "double", "datetime")
EXTRA_LENGTHS = {"text": 255, "integer": 9, "currency": 16, "double": 16}
EXTRA_ID = 30_000_000
ACCOUNT_KINDS = ("Customer",) * 7 + ("Partner", "Prospect", "Distributor")


def build_generated(clock: SandboxClock, spec: OrganisationSpec) -> Store:
    """A store with a generated organisation, its dates by the clock."""
    store = Store(clock, ADMINISTRATOR)
    store.first_new_id(FIRST_NEW_ID)
    today = midnight(clock.today())
    deals = Span(today - YEARS_OF_DEALS * DAYS_A_YEAR * DAY, today - HOUR)
    before = Span(deals.start - YEARS_BEFORE * DAYS_A_YEAR * DAY, deals.start)
    staff = add_staff(store, read_source().agents, before.start)
    agents = tuple(identity for identity in staff.values() if identity != ADMINISTRATOR)
    made = Generator(spec, agents, today // DAY - 1)
    counts = {
        "Products": spec.products,
        "Accounts": spec.accounts,
        "Contacts": spec.people,
        "Deals": spec.deals,
    }
    for name, count in counts.items():
        table = store.tables[name]
        columns = dict(made.columns(name))
        if name != "Products":
            table.module = _widened(table.module, spec.extra_fields)
            extras = [one for one in table.module.fields if one.api_name.startswith("Extra_")]
            columns |= {
                one.api_name: extra_column(spec.seed, f"{name} {one.api_name}", one.data_type)
                for one in extras
            }
        created = deals if name == "Deals" else before
        placement = Placement(count, FIRST_IDS[name], created, deals)
        table.stand_on(GeneratedRows(table.module, placement, columns, ADMINISTRATOR))
    return store


def _widened(module: Module, count: int) -> Module:
    """A module with so many custom fields more."""
    extras = tuple(
        Field(
            module.id + EXTRA_ID + number,
            f"Extra_{number:04}",
            f"Extra {number}",
            kind := EXTRA_TYPES[number % len(EXTRA_TYPES)],
            EXTRA_LENGTHS.get(kind, 20),
            custom=True,
        )
        for number in range(1, count + 1)
    )
    return replace(module, fields=module.fields + extras) if extras else module


@dataclass(frozen=True)
class Generator:
    """The columns of every module. ``yesterday`` in days since 1970 is the last day on which deals closed."""

    spec: OrganisationSpec
    agents: tuple[int, ...]
    yesterday: int

    def columns(self, module: str) -> Mapping[str, Column]:
        """The columns of a module by the API name of their field."""
        makers: Mapping[str, Callable[[], Mapping[str, Column]]] = {
            "Products": self._products,
            "Accounts": self._accounts,
            "Contacts": self._contacts,
            "Deals": self._deals,
        }
        return makers[module]()

    def _products(self) -> Mapping[str, Column]:
        names: Column = _product_names
        return {
            "Product_Name": names,
            "Product_Code": lambda index: [name.upper().replace(" ", "-") for name in names(index)],
            "Product_Category": lambda index: self._pick(("GTK", "GTX", "MG"), "category", index),
            "Unit_Price": lambda index: cents(1_000 + numbers(self.spec.seed, "price", index, 500_000)),
            "Product_Active": constant(value=True),
        }

    def _accounts(self) -> Mapping[str, Column]:
        seed = self.spec.seed
        owners: Column = self._owners
        return self._people_columns(owners) | {
            "Account_Name": company_names,
            "Account_Type": lambda index: self._pick(ACCOUNT_KINDS, "kind", index),
            "Industry": lambda index: self._pick(INDUSTRIES, "industry", index),
            "Annual_Revenue": lambda index: cents(numbers(seed, "revenue", index, 10**12)),
            "Employees": lambda index: (1 + numbers(seed, "employees", index, 5_000)).tolist(),
            "Website": lambda index: [f"https://{host}" for host in host_names(company_names(index))],
            "Phone": lambda index: phones(seed, index),
            "Parent_Account": self._parents,
            "Billing_Street": lambda index: self._pick(STREETS, "street", index),
            "Billing_City": lambda index: [town for town, _ in self._pick(TOWNS, "town", index)],
            "Billing_State": lambda index: [state for _, state in self._pick(TOWNS, "town", index)],
            "Billing_Country": constant(HOME_COUNTRY),
            "Billing_Code": lambda index: [
                f"{code:05}" for code in numbers(seed, "code", index, 10**5).tolist()
            ],
            "Year_Established": lambda index: (1950 + numbers(seed, "year", index, 70)).tolist(),
        }

    def _contacts(self) -> Mapping[str, Column]:
        seed = self.spec.seed
        return self._people_columns(lambda index: self._owners(self._account_of_contact(index))) | {
            "First_Name": lambda index: first_names(seed, index),
            "Last_Name": lambda index: last_names(seed, index),
            "Full_Name": lambda index: [
                f"{first} {last}"
                for first, last in zip(first_names(seed, index), last_names(seed, index), strict=True)
            ],
            "Account_Name": self._accounts_of_contacts,
            "Email": self._emails,
            "Phone": lambda index: phones(seed + 1, index),
            "Title": lambda index: self._pick(TITLES, "title", index),
            "Department": lambda index: self._pick(DEPARTMENTS, "department", index),
            "Mailing_City": lambda index: [
                town for town, _ in self._pick(TOWNS, "town", self._account_of_contact(index))
            ],
            "Mailing_Country": constant(HOME_COUNTRY),
        }

    def _deals(self) -> Mapping[str, Column]:
        return self._people_columns(lambda index: self._owners(self._account_of_deal(index))) | {
            "Deal_Name": self._deal_names,
            "Stage": self._stages,
            "Amount": lambda index: cents(self._amounts(index)),
            "Probability": lambda index: [STAGES[stage] for stage in self._stages(index)],
            "Expected_Revenue": self._expected,
            "Closing_Date": self._closing_days,
            "Account_Name": lambda index: self._ids(
                "Accounts", self.spec.accounts, self._account_of_deal(index)
            ),
            "Contact_Name": self._contacts_of_deals,
            "Product": lambda index: self._ids("Products", self.spec.products, self._product_of_deal(index)),
            "Product_Name_As_Written": lambda index: (
                _product_names(self._product_of_deal(index)) if self.spec.products else [None] * len(index)
            ),
            "Next_Step": lambda index: [
                step if still_open else None
                for step, still_open in zip(
                    self._pick(NEXT_STEPS, "next step", index), self._open(index).tolist(), strict=True
                )
            ],
        }

    def _people_columns(self, owners: Column) -> dict[str, Column]:
        return dict.fromkeys(("Owner", "Created_By", "Modified_By"), owners)

    def _pick(self, words: tuple[Any, ...], name: str, index: Indexes) -> list[Any]:
        return picked(words, self.spec.seed, name, index)

    def _owners(self, index: Indexes) -> list[Any]:
        return self._pick(self.agents, "owner", index)

    def _ids(self, module: str, count: int, index: Indexes) -> list[Any]:
        """The ids of other records by their numbers; where there are none, nothing."""
        if count == 0:
            return [None] * len(index)
        ids: list[Any] = Placement(count, FIRST_IDS[module], NEVER, NEVER).identities(index).tolist()
        return ids

    def _parents(self, index: Indexes) -> list[Any]:
        """One account in twenty belongs to an older one."""
        parent = (fractions(self.spec.seed, "parent", index) * index).astype(np.int64)
        has = (numbers(self.spec.seed, "has parent", index, 20) == 0) & (index > 0)
        return _where(has, self._ids("Accounts", self.spec.accounts, parent))

    def _account_of_contact(self, index: Indexes) -> Indexes:
        return np.asarray(index * self.spec.accounts // max(self.spec.people, 1), dtype=np.int64)

    def _accounts_of_contacts(self, index: Indexes) -> list[Any]:
        return self._ids("Accounts", self.spec.accounts, self._account_of_contact(index))

    def _emails(self, index: Indexes) -> list[Any]:
        seed = self.spec.seed
        hosts = host_names(company_names(self._account_of_contact(index)))
        parts = zip(first_names(seed, index), last_names(seed, index), index.tolist(), hosts, strict=True)
        return [f"{first}.{last}{number}@{host}".lower() for first, last, number, host in parts]

    def _account_of_deal(self, index: Indexes) -> Indexes:
        accounts = self.spec.accounts
        if accounts == 0:
            return np.zeros_like(index)
        rank = (accounts * fractions(self.spec.seed, "account", index) ** SKEW).astype(np.int64)
        return np.asarray(
            rank * (SCATTER if accounts % SCATTER else OTHER_SCATTER) % accounts, dtype=np.int64
        )

    def _contacts_of_deals(self, index: Indexes) -> list[Any]:
        """The first contact of the deal's account, if it has one."""
        people, accounts = self.spec.people, max(self.spec.accounts, 1)
        account = self._account_of_deal(index)
        contact = -(-account * people // accounts)
        known = (contact < people) & (self._account_of_contact(contact) == account)
        return _where(known, self._ids("Contacts", people, contact))

    def _product_of_deal(self, index: Indexes) -> Indexes:
        return numbers(self.spec.seed, "product", index, max(self.spec.products, 1))

    def _deal_names(self, index: Indexes) -> list[Any]:
        companies = company_names(self._account_of_deal(index))
        products = _product_names(self._product_of_deal(index))
        parts = zip(companies, products, index.tolist(), strict=True)
        return [f"{company} · {product} · {number:07}" for company, product, number in parts]

    def _open(self, index: Indexes) -> Any:
        return (numbers(self.spec.seed, "open", index, OPEN_OF) == 0) & (index < self.spec.deals - 1)

    def _stages(self, index: Indexes) -> list[Any]:
        won = numbers(self.spec.seed, "won", index, 10) < WON_OF_TEN
        closed = np.where(won, len(OPEN_STAGES), len(OPEN_STAGES) + 1)
        still = numbers(self.spec.seed, "stage", index, len(OPEN_STAGES))
        names = (*OPEN_STAGES, "Closed Won", "Closed Lost")
        return [names[one] for one in np.where(self._open(index), still, closed).tolist()]

    def _amounts(self, index: Indexes) -> Indexes:
        """Hundredths: from 30 to 100,000, the small ones as frequent as the large."""
        powers = 1.5 + 3.5 * fractions(self.spec.seed, "amount", index)
        return np.asarray(10.0**powers * 100, dtype=np.int64)

    def _expected(self, index: Indexes) -> list[Any]:
        chances = [STAGES[stage] for stage in self._stages(index)]
        amounts = cents(self._amounts(index))
        return [round(amount * chance / 100, 2) for amount, chance in zip(amounts, chances, strict=True)]

    def _closing_days(self, index: Indexes) -> list[Any]:
        """A closed deal closed in the three weeks before its last change; the last one made, yesterday."""
        deals = self._placement_of_deals
        made = day_of(deals.created_times(index))
        ago = numbers(self.spec.seed, "closed", index, DAYS_TO_CLOSE)
        closed = np.maximum(day_of(deals.modified_times(index)) - ago, made)
        ahead = self.yesterday + 1 + numbers(self.spec.seed, "closes", index, DAYS_AHEAD)
        closed = np.where(index == self.spec.deals - 1, self.yesterday, np.minimum(closed, self.yesterday))
        return days(np.where(self._open(index), ahead, closed))

    @property
    def _placement_of_deals(self) -> Placement:
        today = (self.yesterday + 1) * DAY
        span = Span(today - YEARS_OF_DEALS * DAYS_A_YEAR * DAY, today - HOUR)
        return Placement(self.spec.deals, FIRST_IDS["Deals"], span, span)


NEVER = Span(0, 0)


def _where(known: Any, values: list[Any]) -> list[Any]:
    return [value if there else None for value, there in zip(values, known.tolist(), strict=True)]


def _product_names(index: Indexes) -> list[Any]:
    firsts, seconds = len(PRODUCT_FIRST), len(PRODUCT_SECOND)
    parts = zip((index % firsts).tolist(), (index // firsts % seconds).tolist(), index.tolist(), strict=True)
    return [f"{PRODUCT_FIRST[first]} {PRODUCT_SECOND[second]} {number:03}" for first, second, number in parts]
