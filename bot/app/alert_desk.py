"""What people do about alerts: who may, who was first, and the record of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from bot.app.acting import (
    ASSIGN,
    LONGEST_NOTE,
    LONGEST_SUBJECT,
    NOT_AT_RISK,
    NOTE,
    TASK,
    Assignment,
    CrmUserName,
    FieldError,
    TaskWish,
    due_day,
    one_line,
    some_lines,
    why_not,
)
from bot.app.acting_ports import AlertActions, Assigned, CrmPeople
from bot.app.answers import Explanation
from bot.app.errors import UserError
from bot.app.notices import AlertNotice
from bot.app.people import Person, Role
from bot.app.ports import Audit, Clock
from bot.app.scope import EVERYTHING, seen_by

SNOOZE_DAYS = (1, 7, 30)
UNKNOWN = "That alert is not known any more."


class AlertDesk:
    """The use case behind the buttons of an alert. A second click changes nothing and shows who was first.

    Every method asks anew who may, and raises UserError when the person may not or there is no such alert.
    """

    def __init__(
        self,
        actions: AlertActions,
        people: CrmPeople,
        audit: Audit,
        clock: Clock,
        explain: Callable[[str], Sequence[Explanation]],
        today: Callable[[], date],
    ) -> None:
        self._actions = actions
        self._people = people
        self._audit = audit
        self._clock = clock
        self._explain = explain
        self._today = today

    def acknowledge(self, alert_id: int, person: Person) -> AlertNotice:
        """Take note of an alert."""
        self._admit(alert_id, person, "acknowledge")
        first = self._actions.acknowledge(alert_id, person)
        return self._settled(alert_id, person, "acknowledge", first=first)

    def snooze(self, alert_id: int, days: int, person: Person) -> AlertNotice:
        """Put an alert to rest for some days (1, 7 or 30)."""
        if days not in SNOOZE_DAYS:
            raise UserError(f"An alert can rest for 1, 7 or 30 days, not {days}.")
        self._admit(alert_id, person, "snooze")
        until = self._clock.now() + timedelta(days=days)
        first = self._actions.snooze(alert_id, person, until)
        return self._settled(alert_id, person, f"snooze {days} days", first=first)

    def dismiss(self, alert_id: int, reason: str, words: str, person: Person) -> AlertNotice:
        """Say that an account is not at risk, and why.

        Raises:
            FieldError: the reason is none.
        """
        self._admit(alert_id, person, NOT_AT_RISK)
        said = why_not(reason, words)
        first = self._actions.dismiss(alert_id, person, reason, said)
        return self._settled(alert_id, person, NOT_AT_RISK, first=first)

    def assign(self, alert_id: int, wish: Assignment, person: Person) -> AlertNotice:
        """Give an alert to a CRM user; they are told, and get the account as well if that is wished.

        Raises:
            FieldError: there is no such user.
            UserError: somebody else has given it to somebody meanwhile.
        """
        self._admit(alert_id, person, ASSIGN)
        whom = self._whom(wish.whom)
        first = self._actions.assign(alert_id, person, Assigned(wish, whom.name))
        notice = self._settled(alert_id, person, f"{ASSIGN} to {whom.name}", first=first)
        if not first and notice.assignee != whom.name:
            raise UserError(
                f"Meanwhile it was given to {notice.assignee}."
                if notice.assignee
                else "It is not to be given any more.",
                "Close this and look at the alert.",
            )
        return notice

    def ask_task(self, alert_id: int, wish: TaskWish, person: Person) -> AlertNotice:
        """Have a task created in the CRM, once.

        Raises:
            FieldError: subject, day or person cannot be taken.
            UserError: somebody else has asked for a task meanwhile.
        """
        self._admit(alert_id, person, TASK)
        subject = one_line("subject", wish.subject, LONGEST_SUBJECT)
        due, whom = due_day(wish.due, self._today()), self._whom(wish.whom)
        checked = TaskWish(subject, due, whom.id, wish.seen)
        first = self._actions.ask_task(alert_id, person, checked, whom.name)
        notice = self._settled(alert_id, person, TASK, first=first)
        made = [one for one in notice.deeds if one.kind == TASK]
        if not first and not (made and (made[-1].by, made[-1].said) == (person.name, subject)):
            raise UserError(
                "Meanwhile somebody else had a task created for this alert.",
                "Close this and look at it; then create another one if it is needed.",
            )
        return notice

    def ask_note(self, alert_id: int, text: str, form: str, person: Person) -> AlertNotice:
        """Have a note written to the account in the CRM; ``form`` names what was sent, and counts once.

        Raises:
            FieldError: nothing is written, or too much.
        """
        self._admit(alert_id, person, NOTE)
        first = self._actions.ask_note(alert_id, person, some_lines("note", text, LONGEST_NOTE), form)
        return self._settled(alert_id, person, NOTE, first=first)

    def explain(self, alert_id: int, person: Person) -> tuple[AlertNotice, tuple[Explanation, ...]]:
        """Why the account has its labels now. Whoever may ask may read this; nothing is changed."""
        if not person.may(Role.VIEWER):
            raise self._refused(alert_id, person, "explain")
        with seen_by(person.scope):
            notice = self._known(alert_id)
            return notice, tuple(self._explain(notice.account_id))

    def to_act_on(self, alert_id: int, kind: str, person: Person) -> tuple[AlertNotice, int]:
        """The alert for a form, and the number of the newest action of the kind that the person sees now."""
        self._admit(alert_id, person, kind)
        seen = self._actions.latest(alert_id, kind)  # before the notice: what it shows is no older
        with seen_by(person.scope):
            return self._known(alert_id), seen

    def people(self, text: str, limit: int, person: Person) -> tuple[CrmUserName, ...]:
        """CRM users to choose from; none for those who may not give anything to anybody."""
        return tuple(self._people.like(text, limit)) if person.may(Role.MEMBER) else ()

    def _whom(self, user_id: str) -> CrmUserName:
        found = self._people.named(user_id)
        if found is None:
            raise FieldError("whom", "There is no active CRM user like that.")
        return found

    def _admit(self, alert_id: int, person: Person, action: str) -> None:
        """Before anything is done: who may, and whether they see the account."""
        if not person.may(Role.MEMBER):
            raise self._refused(alert_id, person, action)
        try:
            with seen_by(person.scope):
                self._known(alert_id)
        except UserError:
            self._audit.record(_actor(person), action, f"alert {alert_id}", "refused: not seen", "slack")
            raise

    def _refused(self, alert_id: int, person: Person, action: str) -> UserError:
        self._audit.record(_actor(person), action, f"alert {alert_id}", "refused", "slack")
        return UserError(person.refusal or "You may not act on alerts.", "Ask an administrator.")

    def _known(self, alert_id: int) -> AlertNotice:
        notice = self._actions.notice(alert_id)
        if notice is None:
            raise UserError(UNKNOWN)
        return notice

    def _settled(self, alert_id: int, person: Person, action: str, *, first: bool) -> AlertNotice:
        with seen_by(EVERYTHING):  # whoever gives away what was given to them is shown what they did
            notice = self._known(alert_id)
        outcome = "done" if first else f"already {notice.state}"
        target = f"alert {alert_id} ({notice.account_name})"
        self._audit.record(_actor(person), action, target, outcome, "slack")
        return notice


def _actor(person: Person) -> str:
    return person.slack_id or person.name
