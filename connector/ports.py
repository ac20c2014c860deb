"""What the parts of the connector say to one another: values, and the protocols behind which they stand.

``connector.sync`` reads a :class:`CrmSource` (``connector.zoho.crm``) and writes a :class:`LocalCopy`
(``connector.cache.copy``); it sees neither of the two packages.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol, TypeAlias

from connector.mapping import Role

Value: TypeAlias = str | int | date | datetime | None
RawRecord: TypeAlias = Mapping[str, Any]


class Clock(Protocol):
    """Time. Injected, so that tests and the demo can move it."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        ...


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token, where it may be sent to (``https://host``), and until when it works."""

    value: str = field(repr=False)
    api_domain: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TokenLease:
    """The right to renew a token until the lease ends."""

    name: str
    holder: str


class TokenShelf(Protocol):
    """Where every process finds the current access token; kept sealed."""

    def token(self, name: str) -> AccessToken | None:
        """What lies there, expired or not."""
        ...

    def lease(self, name: str, holder: str, now: datetime, until: datetime) -> TokenLease | None:
        """Take the right to renew; None while another holds it."""
        ...

    def put(self, lease: TokenLease, token: AccessToken) -> None:
        """Lay a renewed token there and give the lease back."""
        ...

    def release(self, lease: TokenLease, not_before: datetime | None) -> None:
        """Give the lease back without a token; nobody gets it before the given instant."""
        ...

    def discard(self, name: str, value: str) -> None:
        """Take this token away, unless another lies there by now."""
        ...


@dataclass(frozen=True, slots=True)
class Organisation:
    """The CRM's organisation. ``time_zone`` is an IANA name, ``currency`` an ISO code.

    ``read_at`` is when it was last read; None on a value that comes from the CRM itself.
    """

    id: str
    name: str
    time_zone: str
    currency: str
    domain: str | None = None
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CrmUser:
    """A user of the CRM. ``raw`` is the JSON text of everything that was read."""

    id: str
    name: str | None
    email: str | None
    role: str | None
    profile: str | None
    manager_id: str | None
    active: bool
    raw: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FieldDescription:
    """A field of a module, from the CRM's metadata. ``picklist`` is None when the field has no options."""

    api_name: str
    label: str
    data_type: str
    custom: bool = False
    read_only: bool = False
    picklist: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class CrmRecord:
    """A record as the copy keeps it: typed columns by system field name, the whole of it as JSON text."""

    id: str
    columns: Mapping[str, Value]
    raw: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a module's records, as the CRM sent them. ``read_at`` is the CRM's own time."""

    records: tuple[RawRecord, ...]
    next_token: str | None = None
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Deletion:
    """A record that was deleted in the CRM."""

    id: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class DeletedPage:
    """One page of the list of deletions. ``read_at`` is the CRM's own time."""

    deletions: tuple[Deletion, ...]
    read_at: datetime | None = None


RecordReader: TypeAlias = Callable[[RawRecord], CrmRecord]


class CrmSource(Protocol):
    """A CRM that can be read. Every method raises the errors of ``connector.errors``."""

    def organisation(self) -> Organisation:
        """The organisation that the credentials belong to."""
        ...

    def users(self) -> tuple[CrmUser, ...]:
        """Every user, inactive ones too."""
        ...

    def fields(self, module: str) -> tuple[FieldDescription, ...]:
        """The fields that a module has."""
        ...

    def count(self, module: str) -> int | None:
        """About how many records a module has; None when the CRM does not say."""
        ...

    def pages(
        self,
        module: str,
        fields: Sequence[str],
        page_token: str | None = None,
        modified_since: datetime | None = None,
    ) -> Iterator[Page]:
        """The records page by page, at least one page.

        By ascending id, or by descending time of change when ``modified_since`` is given.

        Raises:
            StartOver: the page token is not valid any more.
        """
        ...

    def records(self, module: str, fields: Sequence[str], ids: Sequence[str]) -> tuple[RawRecord, ...]:
        """Those of the named records that exist."""
        ...

    def deleted(self, module: str, since: datetime | None) -> Iterator[DeletedPage]:
        """The deletions since an instant, page by page, at least one page."""
        ...

    def reader(self, columns: Mapping[str, str]) -> RecordReader:
        """How to read a record into columns (system field name -> API name).

        The reader raises Skippable for a record that cannot be used.
        """
        ...


@dataclass(frozen=True, slots=True)
class Stored:
    """What the copy holds of a record, as far as a decision needs it."""

    raw: str = field(repr=False)
    account_id: str | None = None


@dataclass(frozen=True, slots=True)
class PageChanges:
    """What is to be done with one page: decided before, applied in one transaction."""

    upserts: tuple[CrmRecord, ...] = ()
    deletes: tuple[str, ...] = ()
    touched: frozenset[str] = frozenset()
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0


LIST_READ = ""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a module has been read.

    Attributes:
        page_token, last_id: where a whole read stands. The token is None when none is under way, and
            LIST_READ when the list is at its end but the deletions meanwhile were not looked at yet.
        started_at: the CRM's time when the pass under way (or the last one) began.
        high_water: every change before it is in the copy. None until a first whole read has ended.
        deleted_high_water: every deletion before it is in the copy.
        rows_read: by the whole read that is under way, or was the last.
    """

    module: str
    fields_signature: str = ""
    page_token: str | None = None
    last_id: str | None = None
    started_at: datetime | None = None
    high_water: datetime | None = None
    deleted_high_water: datetime | None = None
    completed_at: datetime | None = None
    rows_read: int = 0


class CopyWriter(Protocol):
    """One transaction on the local copy."""

    def stored(self, role: Role, ids: Collection[str]) -> Mapping[str, Stored]:
        """What is held of these records; those that are not held are left out."""
        ...

    def apply(self, role: Role, changes: PageChanges, at: datetime) -> None:
        """Write, remove and touch."""
        ...

    def save_cursor(self, cursor: Cursor) -> None:
        """Keep the position."""
        ...

    def save_organisation(self, organisation: Organisation, at: datetime) -> None:
        """Keep the organisation, read at this instant."""
        ...

    def save_users(self, users: Sequence[CrmUser]) -> None:
        """Keep the users; those that are held but not among these become inactive."""
        ...

    def save_fields(self, module: str, fields: Sequence[FieldDescription]) -> None:
        """Replace what is held of a module's fields."""
        ...


class LocalCopy(Protocol):
    """The local copy of the CRM."""

    def writing(self) -> AbstractContextManager[CopyWriter]:
        """A transaction: committed when the block ends, rolled back when it raises."""
        ...

    def cursor(self, module: str) -> Cursor | None:
        """How far a module has been read; None when never."""
        ...

    def organisation(self) -> Organisation | None:
        """The organisation that the copy holds."""
        ...

    def fields(self, module: str) -> tuple[FieldDescription, ...]:
        """The fields of a module as last read."""
        ...

    def ids_between(self, role: Role, after: str | None, until: str | None) -> tuple[str, ...]:
        """The ids held in this range of the CRM's id order (``after`` excluded, ``until`` included)."""
        ...

    def begin_run(self, at: datetime) -> int:
        """Note that a sync begins; one that was never ended counts as interrupted. Gives its number."""
        ...

    def end_run(self, run: int, at: datetime, *, report: str, error: str | None) -> None:
        """Note how a sync ended."""
        ...
