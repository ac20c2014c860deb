"""Writing an export, telling how far it is, and giving the file to the person who asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from bot.app.errors import BellwetherError, SendError, UserError
from bot.app.exporting import KIND, Exports, selected, target_of
from bot.app.exporting_delivery import ExportDelivery
from bot.app.exporting_ports import ExportNotices
from bot.app.exporting_values import (
    ANY_ACCOUNT,
    DELIVERY_HOURS,
    DOWNLOAD_DAYS,
    NEEDED_ROLE,
    RECORD_ID,
    UNFINISHED,
    Batch,
    Export,
    FileForm,
    Selection,
    Status,
)
from bot.app.people import NOT_ASKED, Person
from bot.app.ports import AccountBook
from bot.app.scope import Scope, seeing, seen_by
from connector.errors import Retriable
from scoring.criteria.errors import CriteriaError

TELL_EVERY: Final = timedelta(seconds=3)  # Slack takes about one edit of a message a second
LOOK_EVERY: Final = timedelta(seconds=1)  # whether it was cancelled
MOST_NOTED: Final = 50_000  # accounts of a mailing list that are known by their ids
MOST_ATTEMPTS: Final = 5  # to write it; an orderly stop of the worker counts too
WRITING_HOURS: Final = timedelta(hours=12)  # so long Slack may be away before one is begun
_NOT_WANTED: Final = (Status.CANCELLED, Status.INVALID)

log = structlog.get_logger(__name__)
Told = Callable[[int, int], None]  # rows written, rows in all
Write = Callable[[FileForm, Iterable[Batch]], int]  # gives the size in bytes
StopIfAsked = Callable[[], None]


class CancelledError(BellwetherError):
    """The export was cancelled."""


@dataclass(frozen=True)
class ExportWork:
    """Does the job of one export.

    Attributes:
        person: who is behind the key of a requester, and what they may do now.
        new_name: a name for the file, another one each time.
    """

    exports: Exports
    book: AccountBook
    person: Callable[[str], Person]
    notices: ExportNotices
    new_name: Callable[[Export], str]

    @property
    def delivery(self) -> ExportDelivery:
        """What gives the files that are written."""
        return ExportDelivery(self.exports, self.notices, self.person)

    def run(self, public_id: str, attempts: int, stop_if_asked: StopIfAsked) -> Mapping[str, Any]:
        """Write and deliver; what goes wrong is told to the person and kept in the history.

        A worker that was killed in the middle leaves nothing that could be taken for a file: it is begun
        again from the first row, of the rows that there are then. One that was killed while it delivered
        goes on with that.

        Args:
            public_id: which.
            attempts: the how manieth this is.
            stop_if_asked: raises when the process is to end; the export is then begun again by another.

        Raises:
            Retriable: not all is done, as Slack, or who may see what, cannot be asked now.
        """
        export = self.exports.history.find(public_id)
        if export is not None and export.status in UNFINISHED:
            export = self._tried(export, attempts, stop_if_asked)
        if export is None or export.status is not Status.DONE:
            return {"status": export.status.value if export else "gone"}
        if not export.delivered:
            self.delivery.give(public_id)
        return {"rows": export.rows, "bytes": export.bytes}

    def write(
        self, export: Export, write: Write, told: Told, stop_if_asked: StopIfAsked, **kept: Any
    ) -> Export:
        """Write an export's file and note that it is there.

        Args:
            export: waiting or running.
            write: puts the rows into a file.
            told: called now and then.
            stop_if_asked: called between batches.
            kept: what the history keeps of the file besides.

        Raises:
            CancelledError: it was cancelled meanwhile; what ``write`` has written is not noted.
            UserError, CriteriaError: fields, values or segments are not there any more.
            OSError: the file cannot be written.
        """
        clock, form = self.exports.clock, self._form(export)
        names = tuple(one.name for one in form.columns[1:])
        criteria = selected(export, self.exports.rows.catalog())
        selection = Selection(criteria, export.sort, export.row_limit, names, export.further)
        total, remark = self._total(export, selection)
        begun = {"status": Status.RUNNING, "rows": 0, "total": total, "reason": None, "remark": remark}
        self._must_change(export, begun)
        watch = _Watch(self, export, total, told, stop_if_asked)
        accounts: set[str] = set()
        with self._batches(export, selection, accounts) as batches:
            size = write(form, watch.over(batches))
        now = clock.now()
        done = {"status": Status.DONE, "rows": watch.rows, "bytes": size, "finished_at": now}
        done |= {"scope": seeing(), "deliver_by": now + DELIVERY_HOURS}
        done |= {"expires_at": now + DOWNLOAD_DAYS, **kept}
        if not self.exports.history.change(export.public_id, UNFINISHED, done, accounts=accounts):
            raise CancelledError
        self._audit(export, f"written: {watch.rows} rows, {size} bytes, {export.public_id}")
        return self.exports.history.find(export.public_id) or export

    def fail(self, export: Export, reason: str) -> None:
        """Keep why an export came to nothing, and tell it."""
        changes = {"status": Status.FAILED, "reason": reason, "finished_at": self.exports.clock.now()}
        if self.exports.history.change(export.public_id, UNFINISHED, changes):
            self._audit(export, f"failed: {reason}")
            self.delivery.show(export.public_id)

    def failed(self, public_id: str, reason: str, attempts: int, *, again: bool) -> None:
        """An attempt of the job has failed: when it is the last one, the person is told.

        Args:
            public_id: which.
            reason: why.
            attempts: the how manieth it was.
            again: it is tried again, as what hinders it will pass.
        """
        export = self.exports.history.find(public_id)
        if export is None:
            return
        if not again or (attempts >= MOST_ATTEMPTS and export.status is Status.RUNNING):
            self.fail(export, reason)
            self.delivery.give_up(public_id, reason)

    def _tried(self, export: Export, attempts: int, stop_if_asked: StopIfAsked) -> Export | None:
        name = self.new_name(export)
        try:
            scope = self._check(export, attempts)
            told = _EveryNowAndThen(self, export).tell
            with seen_by(scope):
                self.write(
                    export,
                    lambda form, batches: self.exports.files.write(name, form, batches),
                    told,
                    stop_if_asked,
                    file_name=name,
                )
        except CancelledError:
            self.exports.files.remove(name)
            ended = self.exports.history.find(export.public_id)
            # After a lost lease another worker may have finished it: its message has the link and stays.
            if ended is not None and ended.status in _NOT_WANTED:
                self.delivery.show(export.public_id)
        except (UserError, CriteriaError) as error:
            self.fail(export, str(error))
        except OSError as error:
            self.fail(export, f"The file could not be written: {error.strerror or 'no reason was given'}.")
        return self.exports.history.find(export.public_id)

    def _check(self, export: Export, attempts: int) -> Scope:
        """Whose accounts may be in it now."""
        # Attempts that did not come so far as to write are not meant.
        if attempts > MOST_ATTEMPTS and export.status is Status.RUNNING:
            raise UserError(
                f"The worker ended {attempts - 1} times in the middle of it.", "Export fewer rows."
            )
        if not export.valid_for(self.exports.segments()):
            raise UserError("Its segment was deleted.")
        person = self.person(export.requested_by)  # rights are read again: they may have been taken since
        if person.refusal == NOT_ASKED and self.exports.clock.now() < export.created_at + WRITING_HOURS:
            raise Retriable(NOT_ASKED)
        if not person.may(NEEDED_ROLE):
            raise UserError(person.refusal or "You may not export any more.")
        return person.scope

    def _form(self, export: Export) -> FileForm:
        wish = self.exports.checked(export.wish)
        source = self.exports.rows if wish.mailing is None else self.exports.contacts
        every = {one.name: one for one in source.columns()}
        chosen = wish.columns if wish.mailing is None else None
        names = tuple(every) if chosen is None else chosen
        return FileForm(
            format=wish.format,
            header=wish.header,
            columns=(RECORD_ID, *(every[name] for name in names)),
            zone=self.exports.rows.zone(),
            currency=self.book.currency(),
        )

    def _total(self, export: Export, selection: Selection) -> tuple[int, str | None]:
        """How many rows there will be, and what is to be said of them."""
        if export.wish.mailing is not None:
            contacts = self.exports.contacts.counted(selection, export.wish.mailing)
            return contacts.rows, contacts.remark
        return self.exports.rows.number(selection), None

    @contextmanager
    def _batches(self, export: Export, selection: Selection, accounts: set[str]) -> Iterator[Iterator[Batch]]:
        """What goes into the file; ``accounts`` gets the ids of those that are in it by their contacts."""
        if export.wish.mailing is None:
            with self.exports.rows.batches(selection) as batches:
                yield batches
        else:
            with self.exports.contacts.batches(selection, export.wish.mailing) as batches:
                yield _noting_last(batches, accounts)

    def _must_change(self, export: Export, changes: Mapping[str, Any]) -> None:
        if not self.exports.history.change(export.public_id, UNFINISHED, changes):
            raise CancelledError

    def still_wanted(self, export: Export, rows: int) -> None:
        """Keep how far it is.

        Raises:
            CancelledError: it is not wanted any more.
        """
        self._must_change(export, {"rows": rows})

    def _audit(self, export: Export, said: str) -> None:
        target = target_of(export)
        self.exports.audit.record(export.requested_by, KIND, target, said, "worker")


def _noting_last(batches: Iterator[Batch], seen: set[str]) -> Iterator[Batch]:
    """The batches without their last list, whose values are noted; of very many that it may be any."""
    for batch in batches:
        if ANY_ACCOUNT not in seen:
            seen.update(one for one in batch[-1] if one is not None)
        if len(seen) > MOST_NOTED:  # memory is not to grow with the rows
            seen.clear()
            seen.add(ANY_ACCOUNT)
        yield batch[:-1]


class _Watch:
    """Counts the rows as they go by, and notices that they are not wanted any more."""

    def __init__(
        self, work: ExportWork, export: Export, total: int, told: Told, stop_if_asked: StopIfAsked
    ) -> None:
        self.rows = 0
        self._work, self._export, self._total = work, export, total
        self._told, self._stop_if_asked = told, stop_if_asked
        self._looked = work.exports.clock.now()

    def over(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """The batches."""
        for batch in batches:
            self._stop_if_asked()
            yield batch
            self.rows += len(batch[0])
            self._told(self.rows, self._total)
            now = self._work.exports.clock.now()
            if now - self._looked >= LOOK_EVERY:
                self._looked = now
                self._work.still_wanted(self._export, self.rows)


class _EveryNowAndThen:
    """Edits the export's message, not more often than is useful."""

    def __init__(self, work: ExportWork, export: Export) -> None:
        self._work, self._export = work, export
        self._last: datetime = work.exports.clock.now()

    def tell(self, rows: int, total: int) -> None:
        """Say how far it is; when Slack does not listen, the next time does."""
        now = self._work.exports.clock.now()
        if not self._export.slack_id or now - self._last < TELL_EVERY:
            return
        self._last = now
        try:
            self._work.notices.show(
                replace(self._export, status=Status.RUNNING, rows=rows, total=total), None
            )
        except SendError as error:
            log.info("export_progress_not_told", reason=str(error))
