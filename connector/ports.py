"""What the parts of the connector say to one another: values, and the protocols behind which they stand.

``connector.sync`` reads a :class:`CrmSource` (``connector.zoho.crm``) and writes a ``LocalCopy``
(``connector.copy_ports``, ``connector.cache.copy``); it sees neither of the two packages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol, TypeAlias

from connector.mapping import Role

Value: TypeAlias = str | int | float | date | datetime | None
RawRecord: TypeAlias = Mapping[str, Any]  # as it came over the wire


class Clock(Protocol):
    """Time. Injected, so that tests and the demo can move it."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
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
    edition: str | None = None  # free, standard, professional, enterprise, ultimate; other spellings may come
    user_licences: int | None = None
    several_currencies: bool = False
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
class ModuleDescription:
    """A module, from the CRM's metadata.

    Attributes:
        kind: the CRM's ``generated_type``: default, custom, linking, subform …
        readable: whether the API gives its records.
    """

    api_name: str
    label: str
    kind: str
    readable: bool


@dataclass(frozen=True, slots=True)
class FieldDescription:
    """A field of a module, from the CRM's metadata.

    Attributes:
        picklist: the options; None when the field has none.
        target: the module that a lookup points to ("Users" for people); None for other fields.
    """

    api_name: str
    label: str
    data_type: str
    custom: bool = False
    read_only: bool = False
    picklist: tuple[str, ...] | None = None
    target: str | None = None
    length: int | None = field(default=None, compare=False)  # characters or digits; the copy has it not


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked for of a module, and what becomes of it.

    Attributes:
        module, role: as in the mapping.
        fields: every field to ask for, by API name, without ``id``.
        columns: system field name -> API name, of the mapped fields that exist.
        missing: mapped API names that the module does not have.
        own: API names of the fields that we write ourselves.
        signature: changes when the fields, their types or the columns change.
    """

    module: str
    role: Role
    fields: tuple[FieldDescription, ...]
    columns: Mapping[str, str]
    missing: tuple[str, ...] = ()
    own: frozenset[str] = frozenset()
    signature: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The API names to ask for."""
        return tuple(one.api_name for one in self.fields)


@dataclass(frozen=True, slots=True)
class CrmRecord:
    """A record as the copy keeps it.

    Attributes:
        values: of the typed columns ``connector.mapping.COLUMNS[role]``, in their order; None where empty.
        raw: the canonical JSON text of every field that was asked for: the same record gives the same text
            by whichever call it was read. Keys in the selection's order, ``id`` first; lookups are
            ``{"id", "name"}``, people ``{"id", "name", "email"}`` (without ``name`` where the call does not
            give it), tags ``[{"name"}]``, several choices a list, empty text null.
    """

    id: str
    values: tuple[Value, ...]
    raw: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that came and cannot be used: its id (or "?") and the reason, fit to be shown."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Page:
    """Some records of a module, as they came together.

    Attributes:
        after: where reading goes on behind this page, for the next call or the next process; opaque. None
            when this was the last one.
        read_at: the CRM's own time.
    """

    records: Sequence[CrmRecord]
    unreadable: tuple[Unreadable, ...] = ()
    after: str | None = None
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


class CrmSource(Protocol):
    """A CRM that can be read, by several threads at once. Every method raises ``connector.errors``.

    A reading is an iterator of pages. It is resumed by giving it the ``after`` of the last page kept;
    it then raises StartOver when the CRM has forgotten the place. A reading that the CRM does not offer for
    the module (no query scope, a column that queries do not know, a failed bulk job) raises NotOffered before
    its first record, or StartOver later.
    """

    def organisation(self) -> Organisation:
        """The organisation that the credentials belong to."""
        ...

    def users(self) -> tuple[CrmUser, ...]:
        """Every user, inactive ones too."""
        ...

    def modules(self) -> tuple[ModuleDescription, ...]:
        """Every module, those that the API does not give too."""
        ...

    def fields(self, module: str) -> tuple[FieldDescription, ...]:
        """The fields that a module has; none when it has no fields or does not exist."""
        ...

    def count(self, module: str, since: datetime | None = None) -> int | None:
        """How many records a module has, or how many changed since an instant; None when nobody says.

        One credit.
        """
        ...

    def listed(self, selection: Selection, after: str | None = None) -> Iterator[Page]:
        """Every record by ascending id, from record lists: 200 a page, one credit for each 50 fields."""
        ...

    def listed_changes(self, selection: Selection, since: datetime) -> Iterator[Page]:
        """What changed since an instant, the latest first, from record lists. Cannot be resumed."""
        ...

    def queried(
        self,
        selection: Selection,
        after: str | None = None,
        *,
        until: str | None = None,
        since: datetime | None = None,
    ) -> Iterator[Page]:
        """Records by ascending id, by queries: up to 2,000 a page. ``after`` is an id here.

        ``after`` is left out and ``until`` taken in; with ``since`` only what changed since then.
        """
        ...

    def queried_changes(
        self, selection: Selection, since: datetime, after: str | None = None
    ) -> Iterator[Page]:
        """What changed since an instant, by (time of change, id), by queries.

        The first page has at most 200 records, so that nothing new costs one credit.
        """
        ...

    def spent(self) -> int:
        """The credits that all calls so far have cost."""
        ...

    def identifiers(self, module: str, after: str | None = None) -> Iterator[tuple[str, ...]]:
        """Every id, ascending, by queries: up to 2,000 at a time."""
        ...

    def bulk(self, selection: Selection, after: str | None = None) -> Iterator[Page]:
        """Every record in no promised order, by bulk jobs.

        Gives a page without records as soon as a job is entered, and between the looks at it, so that the job
        is not lost when the process dies while it waits.
        """
        ...

    def records(self, selection: Selection, ids: Sequence[str]) -> Page:
        """Those of the named records that exist."""
        ...

    def deleted(self, module: str, since: datetime | None) -> Iterator[DeletedPage]:
        """The deletions since an instant, page by page, at least one page."""
        ...


class Stored(NamedTuple):
    """What the copy holds of a record, as far as a decision needs it."""

    raw: str
    account_id: str | None = None

    def __repr__(self) -> str:
        return f"Stored of account {self.account_id}"


# Stands in ``PageChanges.touched`` for all accounts: after a first reading there is no point in naming them.
EVERY_ACCOUNT = "*"


@dataclass(frozen=True, slots=True)
class PageChanges:
    """What is to be done with one page: decided before, applied in one transaction."""

    upserts: Sequence[CrmRecord] = ()
    deletes: tuple[str, ...] = ()
    touched: frozenset[str] = frozenset()
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a module has been read.

    Attributes:
        position: JSON text of the reading that is under way: how, what was chosen, and the ``after`` of its
            last page. None when none is under way. ``connector.sync.cursors`` writes and reads it.
        started_at: the CRM's time when the reading under way (or the last one) began.
        high_water: every change before it is in the copy. None until a first whole read has ended.
        deleted_high_water: every deletion before it is in the copy.
        completed_at: when a reading last came to its end.
        whole_at: when a whole read last came to its end.
        rows_read: by the whole read that is under way, or was the last.
        count_gap: how many records more the CRM counts than the copy holds, although every id was compared:
            records that cannot be used, or a count that is wrong.
    """

    module: str
    fields_signature: str = ""
    position: str | None = None
    started_at: datetime | None = None
    high_water: datetime | None = None
    deleted_high_water: datetime | None = None
    completed_at: datetime | None = None
    whole_at: datetime | None = None
    rows_read: int = 0
    count_gap: int = 0
