"""What becomes of exports in time: files go after 14 days, or with their segment; lines after 90."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.app.erasing import Gone, Names
from bot.app.exporting import KIND, Exports, invalid, segments_of, target_of
from bot.app.exporting_delivery import WITHDRAW
from bot.app.exporting_values import A_DAY, DRAFT_HOURS, HISTORY_DAYS, UNFINISHED, Export, Status
from bot.app.ports import NewJob
from scoring.config import Configuration

TIDY: Final = "export_tidy"  # the job
TIDY_SECONDS: Final = 3_600
_ALL: Final = tuple(Status)
_MAY_BE_WRITTEN: Final = (Status.DONE, *UNFINISHED, Status.DRAFT)


@dataclass(frozen=True)
class Retention:
    """Removes what is not kept any longer, and says so in the audit log."""

    exports: Exports

    def tidy(self) -> Mapping[str, int]:
        """Do it; how many of each were removed."""
        now = self.exports.clock.now()
        segments = self.exports.segments()
        held = self.exports.history.every(_ALL)
        for one in held:
            if one.slack_files and one.status not in _MAY_BE_WRITTEN:
                job = self._withdrawal(one.public_id, one.status.value)  # Slack may have refused it before
                self.exports.jobs.enqueue(job.kind, job.slot, job.args, job.due_at)
        for one in held:
            # Its job is entered with it, but for what was begun in a terminal that was killed.
            if one.status in UNFINISHED and one.created_at < now - A_DAY:
                self.exports.jobs.enqueue(KIND, one.public_id, {"export": one.public_id}, now)
        done = {
            "invalid": self._close_deleted(held, segments),
            "expired": sum(self._expired(one, now) for one in held if one.valid_for(segments)),
            "forgotten": self._forgotten(held, now),
        }
        known = frozenset(one.file_name for one in self.exports.history.every(_ALL) if one.file_name)
        # Younger ones may belong to an export that is being written.
        return done | {"left_over": self.exports.files.sweep(known, now - A_DAY)}

    def close_deleted(self, configuration: Configuration) -> int:
        """A configuration was published: what is of a segment that it has not is closed now; how many.

        At once, because a segment of the same name may be made soon after.
        """
        return self._close_deleted(self.exports.history.every(_MAY_BE_WRITTEN), segments_of(configuration))

    def _close_deleted(self, held: Sequence[Export], segments: frozenset[str]) -> int:
        return sum(self._made_invalid(one) for one in held if not one.valid_for(segments))

    def invalidate(self, gone: Sequence[Gone], names: Names, looked_through: set[str]) -> int:
        """Accounts and contacts are erased: remove each file that holds one of them; how many.

        One that is being written now may hold them, and so may one that asks for them by name. Contacts are
        in mailing lists alone, and of which accounts those are stands in the history; of older lists it does
        not, and there an account is known by its name.

        Args:
            gone: who.
            names: what they are called.
            looked_through: names of files without them, which are passed over and added to: to be called
                once more when they are gone is to look at what was written meanwhile.
        """
        count = 0
        # What is being written first: after that, what has become a file is among those that are looked at.
        for one in self.exports.history.every((Status.RUNNING,)):
            if _ids_in(one, gone):
                count += self._closed_for(one, names)
        every = self.exports.history.every(_ALL)
        # Asked after that: what is done by now has its accounts.
        holding = self.exports.history.with_contacts_of({one.id for one in gone if one.kind == "account"})
        for one in every:
            asked = names.named_in([one.question, one.criteria])
            if one.status in _MAY_BE_WRITTEN:
                asked = asked or one.public_id in holding
                if _ids_in(one, gone) and (asked or self._holds(one, gone, names, looked_through)):
                    count += self._closed_for(one, names)
            elif asked:
                self._told_without(one, names)
        return count

    def _holds(self, export: Export, gone: Sequence[Gone], names: Names, looked_through: set[str]) -> bool:
        name = export.file_name
        if export.status is not Status.DONE or name is None or name in looked_through:
            return False
        named = names.names if export.wish.mailing is not None else ()
        if self.exports.files.holds(name, export.wish.format, _ids_in(export, gone), named):
            return True
        looked_through.add(name)
        return False

    def _closed_for(self, export: Export, names: Names) -> bool:
        reason = "It held somebody who was erased. Ask for it again."
        return self._closed(export, Status.INVALID, f"removed: {reason}", reason, names)

    def _told_without(self, export: Export, names: Names) -> None:
        """Its message still says whom it asked for."""
        job = self._withdrawal(export.public_id, "names")
        self.exports.history.change(export.public_id, (export.status,), _without(export, names), job=job)

    def _made_invalid(self, export: Export) -> bool:
        if export.status not in (Status.DONE, *UNFINISHED, Status.DRAFT):
            return False
        reason = invalid(export).reason
        return self._closed(export, Status.INVALID, f"removed: {reason}", reason)

    def _expired(self, export: Export, now: datetime) -> bool:
        if export.status is not Status.DONE or export.file_name is None:
            return False
        if export.expires_at is not None and now < export.expires_at:
            return False
        return self._closed(export, Status.EXPIRED, "removed: its file was kept for 14 days", None)

    def _closed(
        self, export: Export, status: Status, said: str, reason: str | None, names: Names | None = None
    ) -> bool:
        """The bytes go first: what the history calls gone is gone."""
        if export.file_name is not None:
            self.exports.files.remove(export.file_name)
        changes = {"status": status, "reason": reason, "file_name": None, "link_key": None}
        changes |= _without(export, names) if names else {}
        job = self._withdrawal(export.public_id, status.value)
        closed = self.exports.history.change(export.public_id, (export.status,), changes, job=job)
        if closed:
            target = target_of(export)
            self.exports.audit.record("bellwether", KIND, target, f"{said}; {export.public_id}", "retention")
        return closed

    def _withdrawal(self, public_id: str, why: str) -> NewJob:
        """Has a worker take back what was given in Slack, and draw the message again; once a day at most."""
        now = self.exports.clock.now()
        return NewJob(WITHDRAW, f"{public_id}:{why}:{now:%Y-%m-%d}", {"export": public_id}, now)

    def _forgotten(self, held: list[Export], now: datetime) -> int:
        old = [
            one
            for one in held
            if one.created_at < now - (DRAFT_HOURS if one.status is Status.DRAFT else HISTORY_DAYS)
            and not one.slack_files  # which are known by this line alone
        ]
        for one in old:
            if one.file_name is not None:
                self.exports.files.remove(one.file_name)
        return self.exports.history.forget(old)


def _ids_in(export: Export, gone: Sequence[Gone]) -> list[str]:
    """The ids of those who may be in an export: contacts are in mailing lists alone."""
    return [one.id for one in gone if one.kind == "account" or export.wish.mailing is not None]


def _without(export: Export, names: Names) -> dict[str, str]:
    """What it asked for, without some names."""
    return {"question": names.without(export.question), "criteria": names.without(export.criteria)}
