"""Tasks, notes and owners on their way to the CRM: each written once, whatever breaks in between.

An action is kept together with a job. The job notes its attempt before it asks the CRM, and every attempt but
the first looks for what an earlier one may have written: records bear the action's reference.

Who has consented to it in Zoho writes as themselves, with no more rights than they have there; for everybody
else we write, in their name. What is there is always read by us: people may not list notes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Final

import structlog

from bot.app.acting import NOTE, OWNER, TASK, given_up, pause_after, signed
from bot.app.acting_ports import CrmWrite, CrmWrites, OwnWriters, RecordWriter
from bot.app.ports import Audit, Clock
from connector.errors import (
    Conflict,
    ConnectorError,
    Fatal,
    NeedsPerson,
    NotConsented,
    NotPermitted,
    Retriable,
)

KIND: Final = "crm_write"  # of the job
CLOCK_DIFFERENCE: Final = timedelta(minutes=10)  # between Zoho's clock and ours, generously
NOTE_TITLE: Final = "Bellwether"
TRY_AGAIN_SECONDS: Final = 300.0  # when somebody has to act first

log = structlog.get_logger(__name__)


class CrmDesk:
    """Writes to the CRM what people asked for.

    Args:
        module: of the accounts.
        own: of those who have let us write as them; None where nobody can.
    """

    def __init__(
        self,
        writes: CrmWrites,
        writer: Callable[[], RecordWriter],
        module: Callable[[], str],
        audit: Audit,
        clock: Clock,
        own: OwnWriters | None = None,
    ) -> None:
        self._writes = writes
        self._writer = writer
        self._module = module
        self._audit = audit
        self._clock = clock
        self._own = own

    def write(self, action_id: int) -> str | None:
        """Write one action; the id of the record, None when there was nothing to do or it was refused.

        Raises:
            Retriable: not now; the job is to be done again.
        """
        write = self._writes.begin(action_id)
        if write is None:
            return None
        try:
            crm_id, how = self._written(write)
        except (Retriable, NeedsPerson, Conflict) as error:
            if given_up(write.at, self._clock.now()):
                self._refuse(write, f"The CRM could not be written for a week: {error.what_happened}")
                return None
            raise _later(error) from error
        except ConnectorError as error:
            self._refuse(write, error.what_happened)
            return None
        if crm_id is not None:
            self._writes.written(write.id, crm_id)
            self._note(write, f"done: {crm_id}, {how}")
        return crm_id

    def _written(self, write: CrmWrite) -> tuple[str | None, str]:
        """The record's id, and as whom it was written."""
        if write.kind == OWNER:
            return self._give(write)
        module, field = {TASK: ("Tasks", "Description"), NOTE: ("Notes", "Note_Content")}[write.kind]
        if write.attempts > 1:
            since = write.at - CLOCK_DIFFERENCE
            found = self._writer().find_added(module, field, write.reference, since)
            if found is not None:
                log.info("crm_write_found", action=write.id, crm_id=found)
                return found, "written by an earlier attempt"
        try:
            return self._add(write)
        except Retriable as error:
            wait = pause_after(error.after_seconds, perhaps_written=True)
            raise Retriable(error.what_happened, error.what_to_do, after_seconds=wait) from error

    def _as_whom(self, write: CrmWrite, do: Callable[[RecordWriter], str]) -> tuple[str, str]:
        """Write as the person who asked for it, else in their name; what was written, and as whom.

        Raises:
            Fatal: the person may not do it in the CRM; so we, who may, do not do it for them.
        """
        own = self._own.of(write.actor) if self._own is not None and write.actor else None
        if own is not None:
            try:
                return do(own.records), f"written as {write.by}"
            except NotConsented:
                own.lost()  # nothing was written
            except NotPermitted as error:
                raise Fatal(
                    f"Zoho does not let {write.by} do this. {error.what_happened}",
                    "Ask for the permission in the CRM.",
                ) from error
        return do(self._writer()), "written by Bellwether"

    def _add(self, write: CrmWrite) -> tuple[str, str]:
        return self._as_whom(write, lambda writer: self._added(write, writer))

    def _added(self, write: CrmWrite, writer: RecordWriter) -> str:
        said = str(write.details["said"])
        if write.kind == NOTE:
            text = signed(said, write.by, write.reference)
            return writer.add_note(self._module(), write.account_id, NOTE_TITLE, text)
        due = write.details.get("due")
        return writer.add_task(
            self._module(),
            write.account_id,
            said,
            due=date.fromisoformat(due) if due else None,
            owner=write.details.get("whom"),
            description=signed("", write.by, write.reference),
        )

    def _give(self, write: CrmWrite) -> tuple[str | None, str]:
        """Give the account to its new owner, unless it is theirs: then an earlier attempt did it."""
        module, whom = self._module(), str(write.details["whom"])
        said = self._writer().said(module, [write.account_id], ["Owner", "Modified_Time"])
        found = said.get(write.account_id)
        if found is None:
            self._refuse(write, "The account is not in the CRM any more.")
            return None, ""
        if _id_of(found.get("Owner")) == whom:
            return write.account_id, "theirs already"
        modified = datetime.fromisoformat(str(found["Modified_Time"]))

        def give(writer: RecordWriter) -> str:
            writer.set_fields(module, write.account_id, {"Owner": {"id": whom}}, modified)
            return write.account_id

        return self._as_whom(write, give)

    def _refuse(self, write: CrmWrite, why: str) -> None:
        self._writes.refused(write.id, why)
        self._note(write, f"refused: {why}")
        log.warning("crm_write_refused", action=write.id, reason=why)

    def _note(self, write: CrmWrite, outcome: str) -> None:
        self._audit.record(
            write.by, f"{write.kind} in the CRM", f"account {write.account_id}", outcome, "crm"
        )


def _later(error: ConnectorError) -> Retriable:
    """The same as something that passes: what somebody asked for is not lost because of it."""
    after = error.after_seconds if isinstance(error, Retriable) else TRY_AGAIN_SECONDS
    if isinstance(error, Conflict):
        after = 1.0
    return Retriable(error.what_happened, error.what_to_do, after_seconds=after)


def _id_of(owner: object) -> str | None:
    return str(owner.get("id")) if isinstance(owner, Mapping) else None
