"""What exports need from the world: rows, a place for files, a history, and ways to reach a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, BinaryIO, Protocol
from zoneinfo import ZoneInfo

from bot.app.exporting_contacts import ContactCount
from bot.app.exporting_rhythm import ExportSchedule, ScheduleState
from bot.app.exporting_values import Batch, Export, ExportColumn, FileForm, Format, Mailing, Selection, Status
from bot.app.ports import NewJob, Posted
from scoring.criteria.fields import Catalog


class ExportRows(Protocol):
    """Accounts as rows, some at a time."""

    def catalog(self) -> Catalog:
        """What stored criteria are read with."""
        ...

    def columns(self) -> tuple[ExportColumn, ...]:
        """Every column that can be exported, in the catalog's order, without the id."""
        ...

    def zone(self) -> ZoneInfo:
        """The organisation's time zone."""
        ...

    def number(self, selection: Selection) -> int:
        """How many rows there are.

        Raises:
            CriteriaError: a field or value that the catalog does not know.
        """
        ...

    def batches(self, selection: Selection) -> AbstractContextManager[Iterator[Batch]]:
        """The rows of one moment, in order: for each batch a list of values for the id and every column.

        Memory does not grow with the number of rows.

        Raises:
            CriteriaError: a field or value that the catalog does not know.
        """
        ...


class ContactRows(Protocol):
    """Contacts of accounts as rows of a mailing list. Of a selection only the accounts are meant."""

    def columns(self) -> tuple[ExportColumn, ...]:
        """The columns of every mailing list, without the id."""
        ...

    def marks(self) -> Mailing:
        """Every role and keyword that a contact bears or may bear."""
        ...

    def counted(self, selection: Selection, mailing: Mailing) -> ContactCount:
        """How many contacts are in the list, and how many are left out of it.

        Raises:
            CriteriaError: a field or value that the catalog does not know.
        """
        ...

    def batches(self, selection: Selection, mailing: Mailing) -> AbstractContextManager[Iterator[Batch]]:
        """The contacts by account and name, without those who cannot be written to.

        As ``ExportRows``; after the columns comes the id of each contact's account, which is in no file.
        """
        ...


class ExportFiles(Protocol):
    """A directory that only we read."""

    def write(self, name: str, form: FileForm, batches: Iterable[Batch]) -> int:
        """Write a file; its size in bytes. It has its name only when it is whole; what is raised leaves none.

        Raises:
            OSError: the disk is full, or the directory cannot be written.
        """
        ...

    def exists(self, name: str) -> bool:
        """Whether the file is there and whole."""
        ...

    def open(self, name: str) -> BinaryIO:
        """Read it.

        Raises:
            FileNotFoundError: there is none of that name.
        """
        ...

    def remove(self, name: str) -> bool:
        """Remove it; False when it was not there."""
        ...

    def holds(self, name: str, form: Format, ids: Sequence[str], named: Sequence[str] = ()) -> bool:
        """Whether one of these records or names is in the file; also True when that cannot be found out."""
        ...

    def sweep(self, known: frozenset[str], before: datetime) -> int:
        """Remove every other file that is older than an instant: what killed processes left. How many."""
        ...


class ExportHistory(Protocol):
    """Every export of the last 90 days."""

    def add(self, export: Export) -> bool:
        """Enter one; False when there is one of that id already."""
        ...

    def find(self, public_id: str) -> Export | None:
        """The export of that id; None when there is none."""
        ...

    def change(
        self,
        public_id: str,
        given: Sequence[Status],
        changes: Mapping[str, Any],
        *,
        expected: Mapping[str, Any] | None = None,
        job: NewJob | None = None,
        accounts: Set[str] | None = None,
    ) -> bool:
        """Change attributes of an export that has one of these statuses; False when it has none of them.

        Args:
            public_id: which.
            given: statuses.
            changes: new values by attribute.
            expected: what these attributes must be besides; nothing is changed when one of them is not.
            job: entered together with the change, or not at all.
            accounts: whose contacts the file holds; forgotten as soon as there is no file.
        """
        ...

    def note_copies(self, public_id: str, *, more: Sequence[str] = (), less: Sequence[str] = ()) -> None:
        """Copies in Slack that there are more, or not any more; whatever the export's status is."""
        ...

    def use_link(self, public_id: str, key: str) -> bool:
        """Take the one valid link back; False when it was used, or is another one by now."""
        ...

    def listed(self, requested_by: str | None) -> list[Export]:
        """Those of one person, or all: the newest first, drafts left out."""
        ...

    def latest_wish(self, requested_by: str) -> Export | None:
        """The newest that a person has confirmed; those of schedules are no choice of now."""
        ...

    def begun_since(self, requested_by: str, since: datetime) -> int:
        """How many a person has confirmed since; those of schedules are not counted."""
        ...

    def every(self, statuses: Sequence[Status]) -> list[Export]:
        """All that have one of these statuses."""
        ...

    def with_contacts_of(self, accounts: Set[str]) -> frozenset[str]:
        """Ids of the mailing lists whose files hold contacts of one of these accounts."""
        ...

    def forget(self, exports: Sequence[Export]) -> int:
        """Remove the lines that are still as they were read: status, time and copies; how many."""
        ...


class ExportScheduleBook(Protocol):
    """Exports that are made again and again."""

    def add(self, schedule: ExportSchedule) -> bool:
        """Enter one; False when there is one of that id already."""
        ...

    def find(self, public_id: str) -> ExportSchedule | None:
        """The schedule of that id; None when there is none."""
        ...

    def change(self, public_id: str, given: Sequence[ScheduleState], changes: Mapping[str, Any]) -> bool:
        """Change attributes of a schedule that is in one of these states; False when it is in none."""
        ...

    def listed(self, requested_by: str | None) -> list[ExportSchedule]:
        """Those of one person, or all: the newest first."""
        ...

    def remove(self, public_id: str) -> bool:
        """Remove one; False when there is none of that id."""
        ...


class ExportNotices(Protocol):
    """Telling the person who asked. Errors are those of ``bot.app.errors.SendError``."""

    def show(self, export: Export, link: str | None) -> None:
        """Draw the export's message again; does nothing without one."""
        ...

    def tell(self, export: Export, link: str | None) -> Posted | None:
        """Say it in a new direct message; which one, None where nobody needs one."""
        ...

    def tell_halted(self, schedule: ExportSchedule) -> None:
        """Say in a direct message why a schedule does not go on."""
        ...

    def upload(self, export: Export, file: BinaryIO, begun: Callable[[str], None]) -> None:
        """Give the file in the person's direct message.

        Args:
            export: of which it is.
            file: its bytes.
            begun: called with the copy's id before anybody can see it; what it raises leaves it unseen.
        """
        ...

    def take_back(self, slack_file: str) -> None:
        """Remove a copy that was given; one that is not there any more is no error."""
        ...
