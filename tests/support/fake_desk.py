"""Alerts in memory, on which the first deed counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Lock
from typing import Any

from bot.app.acting import (
    Assignment,
    CrmUserName,
    FieldError,
    TaskWish,
    due_day,
    one_line,
    some_lines,
    why_not,
)
from bot.app.answers import Explanation
from bot.app.errors import UserError
from bot.app.notices import AlertNotice, Deed
from bot.app.people import Person, Role
from bot.app.ports import Audit, Clock

EXPLAINED = (
    Explanation("Who leaves", "leaving", "Shaky", "Risk 63 %", ("Last of 42 purchase days: 1 Aug.",)),
    Explanation("Company size", "firmographics", None, "", ()),
)
CRM_USERS = tuple(
    CrmUserName(*one) for one in (("1", "Darcel Schlecht"), ("2", "Anna Snelling"), ("3", "Melvin Marxen"))
)


class FakeDesk:
    """Alerts on which the first deed counts."""

    def __init__(self, clock: Clock, audit: Audit, *alerts: AlertNotice) -> None:
        self._clock, self._audit, self._lock = clock, audit, Lock()
        self.alerts = {one.alert_id: one for one in alerts}
        self.crm_users = CRM_USERS

    def acknowledge(self, alert_id: int, person: Person) -> AlertNotice:
        return self._once("acknowledge", alert_id, person, state="acknowledged")

    def snooze(self, alert_id: int, days: int, person: Person) -> AlertNotice:
        if days not in {1, 7, 30}:
            raise UserError("An alert can rest for 1, 7 or 30 days.")
        until = self._clock.now() + timedelta(days=days)
        return self._once("snooze", alert_id, person, state="snoozed", snoozed_until=until)

    def dismiss(self, alert_id: int, reason: str, words: str, person: Person) -> AlertNotice:
        said = why_not(reason, words)
        deed = Deed("not at risk", person.name, self._clock.now(), said=said)
        return self._once("not at risk", alert_id, person, state="not at risk", deeds=(deed,))

    def assign(self, alert_id: int, wish: Assignment, person: Person) -> AlertNotice:
        whom = self._whom(wish.whom)
        deed = Deed("assign", person.name, self._clock.now(), to=whom.name)
        return self._add("assign", alert_id, person, deed, wish.seen, assignee=whom.name)

    def ask_task(self, alert_id: int, wish: TaskWish, person: Person) -> AlertNotice:
        subject, whom = one_line("subject", wish.subject, 255), self._whom(wish.whom)
        due = due_day(wish.due, self._clock.now().date())
        deed = Deed("task", person.name, self._clock.now(), whom.name, subject, due, "waiting")
        return self._add("task", alert_id, person, deed, wish.seen)

    def ask_note(self, alert_id: int, text: str, form: str, person: Person) -> AlertNotice:
        said = some_lines("note", text, 3_000)
        deed = Deed("note", person.name, self._clock.now(), said=said, state="waiting")
        return self._add("note", alert_id, person, deed, None)

    def explain(self, alert_id: int, person: Person) -> tuple[AlertNotice, tuple[Explanation, ...]]:
        return self._known(alert_id), EXPLAINED

    def to_act_on(self, alert_id: int, kind: str, person: Person) -> tuple[AlertNotice, int]:
        self._admit(person)
        notice = self._known(alert_id)
        return notice, sum(one.kind == kind for one in notice.deeds)

    def people(self, text: str, limit: int, person: Person) -> tuple[CrmUserName, ...]:
        if not person.may(Role.MEMBER):
            return ()
        return tuple(one for one in self.crm_users if text.lower() in one.name.lower())[:limit]

    def _whom(self, user_id: str) -> CrmUserName:
        found = next((one for one in self.crm_users if one.id == user_id), None)
        if found is None:
            raise FieldError("whom", "There is no active CRM user like that.")
        return found

    def _known(self, alert_id: int) -> AlertNotice:
        if alert_id not in self.alerts:
            raise UserError("That alert is not known any more.")
        return self.alerts[alert_id]

    def _admit(self, person: Person) -> None:
        if not person.may(Role.MEMBER):
            raise UserError("You may not act on alerts.", "Ask an administrator.")

    def _add(
        self, action: str, alert_id: int, person: Person, deed: Deed, seen: int | None, **values: Any
    ) -> AlertNotice:
        self._admit(person)
        with self._lock:
            found = self._known(alert_id)
            if seen is not None and seen != sum(one.kind == action for one in found.deeds):
                raise UserError("Meanwhile somebody else was first.")
            self.alerts[alert_id] = replace(found, deeds=(*found.deeds, deed), **values)
            self._audit.record(person.slack_id, action, f"alert {alert_id}", "done", "slack")
            return self.alerts[alert_id]

    def _once(self, action: str, alert_id: int, person: Person, **values: Any) -> AlertNotice:
        if not person.may(Role.MEMBER):
            raise UserError("You may not act on alerts.", "Ask an administrator.")
        with self._lock:
            if alert_id not in self.alerts:
                raise UserError("That alert is not known any more.")
            found = self.alerts[alert_id]
            first = found.state == "open"
            if first:
                done = {"acted_by": person.name, "acted_at": self._clock.now(), **values}
                self.alerts[alert_id] = replace(found, **done)
            outcome = "done" if first else f"already {found.state}"
            self._audit.record(person.slack_id, action, f"alert {alert_id}", outcome, "slack")
            return self.alerts[alert_id]
