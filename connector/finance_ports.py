"""What the parts that read Zoho Finance say to one another: values and protocols.

``connector.sync.finance`` reads a :class:`FinanceReader` (``connector.zoho.finance``) and writes a
:class:`FinanceCopy` (``connector.cache.finance``); it sees neither of the two packages.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol, TypeAlias

from connector.finance_lists import FinanceList, Product, Sort


@dataclass(frozen=True, slots=True)
class FinanceOrganisation:
    """An organisation of a Finance product. ``time_zone`` is an IANA name, ``currency`` an ISO code."""

    id: str
    name: str
    currency: str
    time_zone: str = "UTC"
    fiscal_year_starts: int | None = None  # month, 1 to 12
    plan: str | None = None
    is_default: bool = False
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FinanceContact:
    """A customer or vendor, as a list gives it.

    ``is_linked`` is what the list says about a link with the CRM; None when it says nothing.
    """

    id: str
    name: str | None
    company: str | None
    email: str | None
    kind: str | None
    status: str | None
    currency: str | None
    is_linked: bool | None
    created_at: datetime | None
    modified_at: datetime | None
    raw: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FinanceItem:
    """Something that is sold or bought."""

    id: str
    name: str | None
    code: str | None
    kind: str | None
    status: str | None
    rate_minor: int | None
    crm_product_id: str | None
    created_at: datetime | None
    modified_at: datetime | None
    raw: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FinanceDocument:
    """A document. Amounts are hundredths of the organisation's currency.

    A credit note's total is positive like every other: its kind says that it takes away.
    """

    kind: str
    id: str
    number: str | None
    status: str | None
    counts: bool
    contact_id: str | None
    deal_id: str | None
    occurred_on: date | None
    due_on: date | None
    ends_on: date | None
    currency: str | None
    exchange_rate: str | None
    total_minor: int | None
    balance_minor: int | None
    monthly_minor: int | None
    viewed_at: datetime | None
    created_at: datetime | None
    modified_at: datetime | None
    raw: str = field(repr=False)


FinanceRow: TypeAlias = FinanceContact | FinanceItem | FinanceDocument


@dataclass(frozen=True, slots=True)
class FinanceLine:
    """A line of a document. ``quantity`` is text of decimal digits."""

    line_id: str
    item_id: str | None
    name: str | None
    quantity: str | None
    amount_minor: int | None


@dataclass(frozen=True, slots=True)
class ContactDetail:
    """What only a single contact says: its CRM ids; None for "has none"."""

    id: str
    crm_account_id: str | None
    crm_contact_id: str | None


@dataclass(frozen=True, slots=True)
class DocumentDetail:
    """What only a single document says: its lines, and amounts whose rate the list did not give."""

    kind: str
    id: str
    lines: tuple[FinanceLine, ...]
    exchange_rate: str | None
    total_minor: int | None
    balance_minor: int | None


@dataclass(frozen=True, slots=True)
class FinanceSingle:
    """A single row, as its list gives it, and what only it says itself."""

    row: FinanceRow
    contact: ContactDetail | None = None
    document: DocumentDetail | None = None


@dataclass(frozen=True, slots=True)
class ListRequest:
    """One page of a list: of what changed since an instant, or of everything."""

    list: FinanceList
    page: int = 1
    since: datetime | None = None
    sort: Sort | None = None


@dataclass(frozen=True, slots=True)
class Echo:
    """What the answer says it was asked for; None where it says nothing."""

    page: int | None = None
    applied_filter: str | None = None
    sort_column: str | None = None
    sort_order: str | None = None


@dataclass(frozen=True, slots=True)
class FinancePage:
    """Rows as they came together.

    Attributes:
        unreadable: id (or "?") and reason of rows that cannot be used.
        notices: what is odd about rows that can be used, fit to be shown.
        asked_filter: the ``filter_by`` that was sent, to be compared with the echo; None when none was.
        read_at: Zoho's own time.
    """

    rows: tuple[FinanceRow, ...]
    more: bool
    echo: Echo = Echo()
    unreadable: tuple[tuple[str, str], ...] = ()
    notices: tuple[str, ...] = ()
    asked_filter: str | None = None
    read_at: datetime | None = None

    @property
    def ids(self) -> frozenset[str]:
        """Every id that came, also of rows that cannot be used."""
        return frozenset(row.id for row in self.rows) | frozenset(one for one, _ in self.unreadable)


class FinanceReader(Protocol):
    """A Finance product that can be read. Every method raises ``connector.errors``."""

    @property
    def product(self) -> Product:
        """Which one."""
        ...

    @property
    def wanted(self) -> str | None:
        """The organisation's id that was configured."""
        ...

    @property
    def calls(self) -> int:
        """How many calls were sent so far."""
        ...

    def organisations(self) -> tuple[FinanceOrganisation, ...]:
        """Every organisation that the credentials reach. One call."""
        ...

    def use(self, organisation: FinanceOrganisation) -> None:
        """Read this one from now on."""
        ...

    def page(self, request: ListRequest) -> FinancePage:
        """One page. NotOffered when the list refuses the filter or the sorting."""
        ...

    def count(self, of: FinanceList) -> int | None:
        """How many rows a list has; None when it does not say. One call."""
        ...

    def contact(self, of: FinanceList, identifier: str) -> ContactDetail | None:
        """A single contact; None when it does not exist."""
        ...

    def document(self, of: FinanceList, identifier: str) -> DocumentDetail | None:
        """A single document; None when it does not exist."""
        ...

    def single(self, of: FinanceList, identifier: str, held: str | None) -> FinanceSingle | None:
        """A single row; None when it does not exist. One call.

        ``held`` is the raw row of before: the new one has its form, so that lists find it unchanged.
        """
        ...

    def exists(self, of: FinanceList, identifier: str) -> bool:
        """Whether a row exists. One call."""
        ...

    def contacts_of(self, of: FinanceList, crm_account_id: str) -> tuple[str, ...]:
        """The ids of the contacts that belong to a CRM account. NotOffered when the filter is ignored."""
        ...


@dataclass(frozen=True, slots=True)
class PaceState:
    """What is known of an API's limits. ``wait_seconds`` is until the call that was just booked may go."""

    wait_seconds: float = 0.0
    remaining: int | None = None
    daily: int | None = None
    resets_at: datetime | None = None
    blocked_until: datetime | None = None


class Pace(Protocol):
    """The pace of all processes together, per API."""

    def take(self, api: str) -> PaceState:
        """Book the next free place for a call, unless the API is blocked."""
        ...

    def said(self, api: str, *, remaining: int | None, daily: int | None, resets_at: datetime | None) -> None:
        """Keep what an answer said of the day."""
        ...

    def block(self, api: str, until: datetime) -> None:
        """Nobody calls before this instant."""
        ...


@dataclass(frozen=True, slots=True)
class SourceCursor:
    """How far a list has been read. ``position`` is the keeper's JSON (``connector.sync.finance_cursors``).

    ``high_water`` is the latest stamp that is held; ``whole_at`` when a whole walk last ended.
    """

    source: str
    position: str | None = None
    high_water: datetime | None = None
    whole_at: datetime | None = None
    completed_at: datetime | None = None
    rows_read: int = 0


@dataclass(frozen=True, slots=True)
class HeldRow:
    """What the copy holds of a row, as far as a decision needs it. The CRM ids are of contacts."""

    raw: str = field(repr=False)
    account_id: str | None = None
    counts: bool = False
    crm_account_id: str | None = None


@dataclass(frozen=True, slots=True)
class FinanceChanges:
    """What is to be done with one page: decided before, applied in one transaction.

    ``touched`` are accounts whose counting documents were changed or removed, as they were before; the
    accounts as they are afterwards are added by the writer, which is who finds them.
    """

    upserts: tuple[FinanceRow, ...] = ()
    deletes: tuple[str, ...] = ()
    touched: frozenset[str] = frozenset()
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0


class FinanceWriter(Protocol):
    """One transaction on the copy of one product."""

    def held(self, kind: str, ids: Collection[str]) -> Mapping[str, HeldRow]:
        """What is held of these rows; those that are not held are left out."""
        ...

    def apply(self, kind: str, changes: FinanceChanges, at: datetime) -> None:
        """Write, remove, find the accounts of documents, and touch."""
        ...

    def save_cursor(self, cursor: SourceCursor) -> None:
        """Keep the position."""
        ...

    def save_organisation(self, organisation: FinanceOrganisation, at: datetime) -> None:
        """Keep the organisation."""
        ...

    def save_contact_detail(self, detail: ContactDetail) -> None:
        """Keep a contact's CRM ids, and that they were asked for."""
        ...

    def save_document_detail(self, detail: DocumentDetail, at: datetime) -> None:
        """Replace a document's lines; fill in amounts that were missing."""
        ...

    def link(self, at: datetime) -> int:
        """Find the accounts of every contact and document anew; how many contacts changed theirs."""
        ...


class FinanceCopy(Protocol):
    """The copy of one Finance product."""

    def writing(self) -> AbstractContextManager[FinanceWriter]:
        """A transaction: committed when the block ends, rolled back when it raises."""
        ...

    def organisation(self) -> FinanceOrganisation | None:
        """The organisation that is held."""
        ...

    def cursor(self, source: str) -> SourceCursor | None:
        """How far a list has been read; None when never."""
        ...

    def ids(self, kind: str) -> frozenset[str]:
        """Every id that is held of a kind."""
        ...

    def count(self, kind: str) -> int:
        """How many rows are held of a kind."""
        ...

    def unasked_contacts(self, limit: int) -> tuple[str, ...]:
        """Contacts that may be linked with the CRM and were not asked for their ids yet."""
        ...

    def crm_accounts(self, after: str | None, limit: int) -> tuple[str, ...]:
        """Ids of CRM accounts in the order of their text."""
        ...

    def crm_account_count(self) -> int:
        """How many CRM accounts are held."""
        ...

    def undetailed(self, kinds: Iterable[str], limit: int, *, lines: bool) -> Sequence[tuple[str, str]]:
        """(kind, id) of documents without an amount, or with ``lines`` also without lines; latest first."""
        ...
