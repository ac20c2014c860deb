"""Giving a finished export to the person who asked, once, and taking its copies in Slack back.

A delivery has two steps, the file and the message that tells of it (of a large file the message, with its
link, is all there is). Each is repeated by the job until Slack takes it, for hours; how far it is stands in
the export's row. Whoever delivers puts a mark of its own there and goes on only while it finds it: after a
lost lease two may be at it, and the later one delivers.

A copy is noted before anybody can see it. Where the end of an upload is not known, the copy is taken back
before another one is given.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import structlog

from bot.app.errors import BellwetherError, SendError, SendLater, SendNever, SendUnclear, UserError
from bot.app.exporting import KIND, Exports, target_of
from bot.app.exporting_ports import ExportNotices
from bot.app.exporting_values import DELIVERY_HOURS, Export, Status
from bot.app.people import NOT_ASKED, Person
from connector.errors import Retriable

WITHDRAW: Final = "export_withdraw"  # the job that brings Slack in line with the history
# The SDK reads a file as a whole before it sends it; a larger one is given by a link. Slack's limit is 1 GB.
MOST_UPLOADED: Final = 50_000_000
_DONE: Final = (Status.DONE,)
_UNCLEAR: Final = (
    "Slack did not say whether its download link arrived. If it did not: `exports`, and send it again."
)

log = structlog.get_logger(__name__)


class OvertakenError(BellwetherError):
    """Another worker gives it, or it is not to be had any more."""


@dataclass(frozen=True)
class ExportDelivery:
    """Gives, and takes back.

    Attributes:
        person: who is behind the key of a requester, and what they may do now.
    """

    exports: Exports
    notices: ExportNotices
    person: Callable[[str], Person]

    def give(self, public_id: str) -> None:
        """Give a finished export that was not given yet, or say why it is not; the file can be had anyway.

        Raises:
            Retriable: Slack, or who may see what, cannot be asked now; there is time left for that.
        """
        mark = secrets.token_hex(16)
        if not self._kept(public_id, {"delivering": mark}, {"delivered": False}):
            return
        export = self.exports.history.find(public_id)
        if export is None:
            return
        reason = None
        try:
            if export.slack_id:
                self._file(export, mark)
                reason = self._message(public_id, mark)
        except OvertakenError:
            log.info("export_delivery_overtaken", export=public_id)
            self._raise_if_alone(public_id, mark)
            return
        except (UserError, SendError, OSError, Retriable) as error:
            self._raise_if_time_is_left(export, error)
            log.warning("export_not_delivered", export=public_id, reason=str(error))
            self._not_given(public_id, mark, str(error))
            return
        self._kept(public_id, {"delivered": True, "reason": reason}, {"delivering": mark})

    def give_up(self, public_id: str, reason: str) -> None:
        """Nobody tries to give it any more: keep why, and tell it. One that was given stays as it is."""
        export = self.exports.history.find(public_id)
        if export is not None and export.status is Status.DONE and not export.delivered:
            self._not_given(public_id, export.delivering, reason)

    def show(self, public_id: str) -> None:
        """Say in the export's message how it stands, without a link; later, if Slack does not listen now."""
        export = self.exports.history.find(public_id)
        if export is None or not export.slack_id:
            return
        try:
            self._draw(export, None)
        except SendError as error:
            log.warning("export_not_told", export=public_id, reason=str(error))
            if _may_be_repeated(export, error):
                self._withdraw_later(public_id, f"show:{self.exports.clock.now():%Y-%m-%dT%H:%M}", copies=[])

    def withdraw(self, public_id: str, copies: Sequence[str] | None = None) -> Mapping[str, Any]:
        """Take copies in Slack back, and say in the export's message what became of it.

        A copy that Slack refuses to remove stays noted, to be tried again another day.

        Args:
            public_id: of which export.
            copies: which; None is all.

        Raises:
            Retriable: Slack does not answer now; what is left is taken back the next time.
        """
        export = self.exports.history.find(public_id)
        if export is None:
            return {"status": "gone"}
        taken = [
            one
            for one in export.slack_files
            if (copies is None or one in copies) and self._in_the_end(partial(self._taken_back, export, one))
        ]
        # What was given is drawn with its link by whoever gave it.
        given = export.status is Status.DONE and export.reason is None
        if not given and (export.posted is not None or copies is not None):
            self._in_the_end(partial(self._redrawn, export))
        return {"status": export.status.value, "copies": len(taken)}

    def _file(self, export: Export, mark: str) -> None:
        """The first step; done already when an earlier attempt came so far."""
        if export.given_at is not None:
            return
        self._check_given(export)
        if (export.bytes or 0) > MOST_UPLOADED:
            if self.exports.links is None:
                raise SendNever(
                    "The file is too large for Slack, and there is no address for download links: an "
                    "administrator can set BELLWETHER_PUBLIC_URL, or run `bellwether exports --get`."
                )
            return
        if export.sending is not None:
            self._take_back_begun(export, export.sending, mark)
        noted: list[str] = []

        def begun(copy: str) -> None:
            self._note(export, copy, mark)
            noted.append(copy)

        with self.exports.files.open(export.file_name or "") as file:
            self.notices.upload(export, file, begun)
        changes = {"given_at": self.exports.clock.now(), "sending": None}
        if not self._kept(export.public_id, changes, {"delivering": mark}):
            self._left_over(export.public_id, noted)
            raise OvertakenError
        self._audit(export, f"sent as a file: {export.public_id}")

    def _note(self, export: Export, copy: str, mark: str) -> None:
        """Before anybody can see it: a copy that nobody knows of cannot be taken back."""
        held = self.exports.history.find(export.public_id)
        files = held.slack_files if held is not None else ()
        changes = {"sending": copy, "slack_files": (*files, copy)}
        if not self._kept(export.public_id, changes, {"delivering": mark, "slack_files": files}):
            raise OvertakenError

    def _take_back_begun(self, export: Export, copy: str, mark: str) -> None:
        """Whether the person has it is not known; without it there is one copy in the end."""
        try:
            self._taken_back(export, copy)
        except SendNever as error:
            raise SendNever(f"Another one is not sent beside it. {error.what_happened}") from error
        if not self._kept(export.public_id, {"sending": None}, {"delivering": mark}):
            raise OvertakenError

    def _left_over(self, public_id: str, copies: list[str]) -> None:
        """Given while it was closed, or given by another: noted whatever the status, and taken back."""
        self.exports.history.note_copies(public_id, more=copies)
        if copies:
            self._withdraw_later(public_id, copies[0], copies=copies)

    def _message(self, public_id: str, mark: str) -> str | None:
        """The second step; what the history is to say of it.

        Raises:
            SendError: a link could not be told.
            Retriable: Slack does not take the message of a file now, and there is time left.
        """
        export = self.exports.history.find(public_id)
        if export is None or export.status is not Status.DONE or export.delivering != mark:
            raise OvertakenError
        try:
            self._draw(export, self.exports.new_link(export))
        except SendError as error:
            if _may_be_repeated(export, error):
                self._raise_if_time_is_left(export, _later(error))
            log.warning("export_not_told", export=public_id, reason=str(error))
            if export.given_at is None:  # the message was all
                if isinstance(error, SendUnclear):
                    return _UNCLEAR
                raise
        return None

    def _raise_if_alone(self, public_id: str, mark: str) -> None:
        """Copies were taken back meanwhile, and nobody else gives it.

        Raises:
            Retriable: so.
        """
        held = self.exports.history.find(public_id)
        if held is not None and held.status is Status.DONE and held.delivering == mark:
            raise Retriable("Its copies in Slack were changed meanwhile.")

    def _raise_if_time_is_left(self, export: Export, error: Exception) -> None:
        """Have the job try again, if that may help.

        Raises:
            Retriable: it may.
        """
        if not isinstance(error, Retriable | SendLater | SendUnclear):
            return
        begun = export.finished_at or export.created_at
        if self.exports.clock.now() < (export.deliver_by or begun + DELIVERY_HOURS):
            if isinstance(error, Retriable):
                raise error
            raise _later(error) from error

    def _not_given(self, public_id: str, mark: str | None, reason: str) -> None:
        held = self.exports.history.find(public_id)
        unclear = held is not None and held.sending is not None
        said = "Slack did not say whether it arrived" if unclear else "It was not delivered"
        changes = {"delivered": True, "reason": f"{said}: {reason}"}
        if self._kept(public_id, changes, {"delivering": mark, "delivered": False}):
            self.show(public_id)

    def _check_given(self, export: Export) -> None:
        """It may have taken long to write, and this may be another attempt."""
        person = self.person(export.requested_by)
        if person.refusal == NOT_ASKED:
            raise Retriable(NOT_ASKED)
        self.exports.check_given(export, person)

    def _taken_back(self, export: Export, copy: str) -> None:
        try:
            self.notices.take_back(copy)
        except SendNever as error:
            self._audit(export, f"not taken back in Slack: {error.what_happened} {export.public_id}")
            raise
        self.exports.history.note_copies(export.public_id, less=(copy,))
        self._audit(export, f"taken back in Slack: {export.public_id}")

    def _redrawn(self, export: Export) -> None:
        try:
            self._draw(export, None)
        except SendUnclear:
            if export.posted is not None:  # the same may be drawn twice, but not be said twice
                raise

    def _in_the_end(self, call: Callable[[], None]) -> bool:
        """Whether it was done; what Slack refuses for good is left as it is."""
        try:
            call()
        except SendNever as error:
            log.warning("export_not_withdrawn", reason=str(error))
            return False
        except SendError as error:
            raise _later(error) from error
        return True

    def _withdraw_later(self, public_id: str, why: str, *, copies: list[str]) -> None:
        args = {"export": public_id, "copies": copies}
        self.exports.jobs.enqueue(WITHDRAW, f"{public_id}:{why}", args, self.exports.clock.now())

    def _draw(self, export: Export, link: str | None) -> None:
        """In the message that it has; one of a schedule has none before it is over."""
        if export.posted is None:
            posted = self.notices.tell(export, link)
            if posted is not None:
                self.exports.history.change(export.public_id, tuple(Status), {"posted": posted})
        else:
            self.notices.show(export, link)

    def _kept(self, public_id: str, changes: Mapping[str, Any], expected: Mapping[str, Any]) -> bool:
        return self.exports.history.change(public_id, _DONE, changes, expected=expected)

    def _audit(self, export: Export, said: str) -> None:
        self.exports.audit.record(export.requested_by, KIND, target_of(export), said, "worker")


def _may_be_repeated(export: Export, error: SendError) -> bool:
    """Drawing a message again changes nothing; another new one would be said twice."""
    return isinstance(error, SendLater) or (isinstance(error, SendUnclear) and export.posted is not None)


def _later(error: SendError) -> Retriable:
    after = error.after.total_seconds() if isinstance(error, SendLater) else None
    return Retriable(error.what_happened, after_seconds=after)
