"""Exports that are made again and again: made by a person, run by a worker with the rights of its owner."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import structlog

from bot.app.errors import SendError, SendLater, UserError
from bot.app.exporting import KIND, NOT_ALLOWED, Exports, chosen_said, deleted_said, requester_key, target_of
from bot.app.exporting_ports import ExportNotices, ExportScheduleBook
from bot.app.exporting_rhythm import (
    MOST_SCHEDULES,
    ExportSchedule,
    Rhythm,
    ScheduleState,
    due_day,
    export_id,
)
from bot.app.exporting_values import HISTORY_DAYS, NEEDED_ROLE, OPERATOR_KEY, Status, Wish
from bot.app.people import NOT_ASKED, Person, Role

DUE: Final = "export_due"  # the job that looks for what is due
DUE_SECONDS: Final = 300
_HALTED: Final = (ScheduleState.PAUSED, ScheduleState.ENDED)
_PLACE: Final = "schedule"

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class ExportSchedules:
    """The use case of the people who have them."""

    exports: Exports
    book: ExportScheduleBook

    def repeat(self, public_id: str, wish: Wish, rhythm: Rhythm, person: Person) -> ExportSchedule:
        """Have an export made again at every day of a rhythm: ``prepared`` and ``keep`` together.

        Raises:
            UserError: as ``prepared``.
        """
        return self.keep(self.prepared(public_id, wish, rhythm, person), person)

    def prepared(self, public_id: str, wish: Wish, rhythm: Rhythm, person: Person) -> ExportSchedule:
        """What makes an export again, from the next day of a rhythm after today; it is not kept yet.

        Whoever also begins the export does so in between: one that cannot be begun is not made again either.

        Args:
            public_id: of the export, a draft or a started one; of each there is at most one schedule.
            wish: what was chosen of it.
            rhythm: on which days.
            person: whose export it is.

        Raises:
            UserError: the person may not export, it is not theirs, they have too many schedules, or what was
                chosen is not there.
        """
        export = self.exports.own(public_id, person)
        self.exports.check_role(person, target_of(export), _PLACE)
        wanted = replace(export, wish=self.exports.checked(wish), status=Status.DRAFT)
        key, now = wanted.requested_by, self.exports.clock.now()
        others = [
            one
            for one in self.book.listed(key)
            if one.public_id != public_id and one.state is not ScheduleState.ENDED
        ]
        if key != OPERATOR_KEY and len(others) >= MOST_SCHEDULES:
            raise UserError(
                f"You have {MOST_SCHEDULES} scheduled exports; more are not possible.",
                "`exports` lists them, and stops one.",
            )
        return ExportSchedule(public_id, wanted, rhythm, ScheduleState.ACTIVE, now, last_day=self._today())

    def keep(self, schedule: ExportSchedule, person: Person) -> ExportSchedule:
        """Enter what was prepared; twice the same is one."""
        if self.book.add(schedule):
            wish, public_id = schedule.wanted.wish, schedule.public_id
            said = f"scheduled {schedule.rhythm.said}: {wish.format}, {chosen_said(wish)}, {public_id}"
            self._audit(schedule, requester_key(person), said)
        return schedule

    def listed(self, person: Person) -> list[ExportSchedule]:
        """A person's own; everybody's for administrators. Deleted segments show at once.

        Raises:
            UserError: the person may not export.
        """
        if not person.may(NEEDED_ROLE):
            raise UserError(person.refusal or NOT_ALLOWED)
        whose, segments = None if person.may(Role.ADMIN) else requester_key(person), self.exports.segments()
        return [one if one.wanted.valid_for(segments) else _ended(one) for one in self.book.listed(whose)]

    def stop(self, public_id: str, person: Person) -> ExportSchedule:
        """Make no more of them.

        Raises:
            UserError: there is none of that id for this person.
        """
        schedule = self._own(public_id, person)
        if self.book.remove(public_id):
            self._audit(schedule, requester_key(person), f"schedule stopped: {public_id}")
        return schedule

    def resume(self, public_id: str, person: Person) -> ExportSchedule:
        """Go on with one that rests, from the next day of its rhythm after today.

        Raises:
            UserError: there is none of that id for this person, its segment was deleted, or the person may
                not export. Whoever resumes it, it runs with the rights of its owner.
        """
        schedule = self._own(public_id, person)
        if not schedule.wanted.valid_for(self.exports.segments()):
            raise UserError(deleted_said(schedule.wanted), "Export something else.")
        self.exports.check_role(person, target_of(schedule.wanted), _PLACE)
        active = {"state": ScheduleState.ACTIVE, "reason": None, "told": False, "last_day": self._today()}
        if self.book.change(public_id, (ScheduleState.PAUSED,), active):
            self._audit(schedule, requester_key(person), f"schedule resumed: {public_id}")
        return self._own(public_id, person)

    def _own(self, public_id: str, person: Person) -> ExportSchedule:
        found = self.book.find(public_id)
        mine = found is not None and found.wanted.requested_by == requester_key(person)
        if found is None or not (mine or person.may(Role.ADMIN)):
            raise UserError("There is no such schedule any more.", "`exports` lists what there is.")
        return found

    def _today(self) -> date:
        return self.exports.clock.now().astimezone(self.exports.rows.zone()).date()

    def _audit(self, schedule: ExportSchedule, actor: str, said: str) -> None:
        self.exports.audit.record(actor, KIND, target_of(schedule.wanted), said, _PLACE)


@dataclass(frozen=True)
class ScheduledRuns:
    """Begins what is due, and halts what may not go on.

    Each step can be done twice without harm: a worker that is killed between two is followed by another.

    Attributes:
        person: who is behind the key of a requester, and what they may do now.
    """

    schedules: ExportSchedules
    person: Callable[[str], Person]
    notices: Callable[[], ExportNotices]

    def run(self) -> Mapping[str, int]:
        """Do it; how many were begun, and how many halted."""
        exports, done = self.schedules.exports, Counter({"begun": 0, "halted": 0})
        segments, zone = exports.segments(), exports.rows.zone()
        at, now = exports.configuration().schedule.daily_at, exports.clock.now()
        for one in self.schedules.book.listed(None):
            if one.state is ScheduleState.ENDED:
                self._forget_old(one, now.date())
            elif not one.wanted.valid_for(segments):
                done["halted"] += self._halted(one, ScheduleState.ENDED, deleted_said(one.wanted))
            elif one.state is ScheduleState.ACTIVE:
                day = due_day(one.rhythm, one.last_day, now, at, zone)
                if day is not None:
                    done[self._begun_or_halted(one, day)] += 1
        self._tell()
        return done

    def _forget_old(self, schedule: ExportSchedule, today: date) -> None:
        """One that has ended goes when the history of its last export does."""
        if schedule.told and (schedule.last_day or today) < today - HISTORY_DAYS:
            self.schedules.book.remove(schedule.public_id)

    def _begun_or_halted(self, schedule: ExportSchedule, day: date) -> str:
        """With the rights that its owner has now."""
        person = self.person(schedule.wanted.requested_by)
        if person.refusal == NOT_ASKED:
            return "waiting"
        if not person.may(NEEDED_ROLE):
            self._halted(schedule, ScheduleState.PAUSED, person.refusal or NOT_ALLOWED)
            return "halted"
        self._begin(schedule, day)
        return "begun"

    def _begin(self, schedule: ExportSchedule, day: date) -> None:
        exports, public_id = self.schedules.exports, export_id(schedule.public_id, day)
        now = exports.clock.now()
        export = replace(
            schedule.wanted,
            public_id=public_id,
            schedule_id=schedule.public_id,
            status=Status.WAITING,
            created_at=now,
        )
        if exports.history.add(export):
            said = f"started {schedule.rhythm.said}: {export.wish.format}, {chosen_said(export.wish)}"
            self._audit(schedule, f"{said}, {public_id}")
        exports.jobs.enqueue(KIND, public_id, {"export": public_id}, now)
        self.schedules.book.change(schedule.public_id, (ScheduleState.ACTIVE,), {"last_day": day})

    def _halted(self, schedule: ExportSchedule, state: ScheduleState, reason: str) -> bool:
        changes = {"state": state, "reason": reason, "told": False}
        halted = self.schedules.book.change(schedule.public_id, (schedule.state,), changes)
        if halted:
            self._audit(schedule, f"schedule {state}: {reason}; {schedule.public_id}")
        return halted

    def _tell(self) -> None:
        """Each owner once; when Slack does not listen now, the next time."""
        for one in self.schedules.book.listed(None):
            if one.state not in _HALTED or one.told:
                continue
            try:
                if one.wanted.slack_id:
                    self.notices().tell_halted(one)
            except SendLater:
                continue
            except SendError as error:  # whoever left cannot be told; the history and the audit log say it
                log.warning("export_schedule_not_told", schedule=one.public_id, reason=str(error))
            self.schedules.book.change(one.public_id, _HALTED, {"told": True})

    def _audit(self, schedule: ExportSchedule, said: str) -> None:
        target = target_of(schedule.wanted)
        self.schedules.exports.audit.record(schedule.wanted.requested_by, KIND, target, said, _PLACE)


def _ended(schedule: ExportSchedule) -> ExportSchedule:
    return replace(schedule, state=ScheduleState.ENDED, reason=deleted_said(schedule.wanted))
