"""What writing back to the CRM says to its neighbours: values, and the protocols behind which they stand."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from connector.ports import FieldDescription

ALREADY_MODIFIED = "ALREADY_MODIFIED"  # Zoho's code for what was changed after If-Unmodified-Since
OwnValue: TypeAlias = str | int | None


@dataclass(frozen=True, slots=True)
class OwnField:
    """A field that we write. ``length`` is of text in characters, of whole numbers in digits."""

    label: str
    data_type: Literal["text", "integer"]
    length: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a record should say, by the labels of our fields; ``tag`` is the one of ours it should bear."""

    id: str
    values: Mapping[str, OwnValue]
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be written to one record, by API name."""

    id: str
    values: Mapping[str, OwnValue]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one record of a write.

    Attributes:
        code: Zoho's; SUCCESS when it was done.
        field: the API name of the field that was refused, if one was.
    """

    id: str
    done: bool
    code: str = "SUCCESS"
    message: str = ""
    field: str | None = None
    modified_at: str | None = None  # as the CRM wrote it

    @property
    def changed_since(self) -> bool:
        """Whether it was not written because somebody else has changed the record meanwhile."""
        return self.code == ALREADY_MODIFIED


@dataclass(frozen=True, slots=True)
class TagMove:
    """A tag that these records get or lose."""

    tag: str
    add: bool
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BulkUpdate:
    """A bulk job that was entered.

    Attributes:
        id: at Zoho.
        columns: API names, behind the id.
        numbers: those of them that hold whole numbers; the result's file has only text.
    """

    id: str
    module: str
    columns: tuple[str, ...]
    numbers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """One line of a bulk job's result: what was written, and what became of it."""

    change: Change
    outcome: Outcome = field(default_factory=lambda: Outcome("", done=True))


class CrmWriter(Protocol):
    """A CRM that can be written. Every method raises the errors of ``connector.errors``."""

    def fields(self, module: str) -> tuple[FieldDescription, ...]:
        """The fields that a module has now."""
        ...

    def create_fields(self, module: str, wanted: Sequence[OwnField]) -> tuple[Outcome, ...]:
        """Create fields, at most five; their API names are the CRM's choice. Outcomes bear labels as ids."""
        ...

    def update(self, module: str, changes: Sequence[Change]) -> tuple[Outcome, ...]:
        """Change at most 100 records, without triggering the CRM's workflows; an outcome for each."""
        ...

    def said(
        self, module: str, ids: Sequence[str], names: Sequence[str]
    ) -> Mapping[str, Mapping[str, object]]:
        """What at most 100 records say now, by id and API name; of many names the first are asked for."""
        ...

    def enter_bulk(self, module: str, columns: Sequence[str], changes: Iterable[Change]) -> BulkUpdate:
        """Enter a bulk job for at most 25,000 records, all of which have these columns."""
        ...

    def bulk_outcomes(self, job: BulkUpdate) -> Iterator[BulkOutcome] | None:
        """The result; None while the job is under way.

        Raises:
            NotOffered: the job failed as a whole; nothing of it was written.
        """
        ...

    def tag(self, module: str, move: TagMove) -> tuple[Outcome, ...]:
        """Give or take a tag, at most 500 records."""
        ...


class WrittenCopy(Protocol):
    """The local copy, as far as writing back needs it."""

    def raws(self, ids: Collection[str]) -> Mapping[str, str]:
        """The JSON texts of the accounts that are held."""
        ...

    def note_written(self, written: Sequence[tuple[Change, Outcome]]) -> None:
        """The CRM has taken these values: they stand in the copy from now on."""
        ...

    def note_tags(self, move: TagMove) -> None:
        """The CRM has moved this tag."""
        ...

    def save_fields(self, module: str, fields: Sequence[FieldDescription]) -> None:
        """Replace what is held of a module's fields."""
        ...

    def jobs(self) -> tuple[BulkUpdate, ...]:
        """Bulk jobs whose result was not taken yet."""
        ...

    def add_job(self, job: BulkUpdate, at: datetime) -> None:
        """Keep a job that was entered."""
        ...

    def end_job(self, job: BulkUpdate, at: datetime, *, failed: bool) -> None:
        """Its result was taken, or it failed."""
        ...
