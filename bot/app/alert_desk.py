"""What people do about alerts: who may, who was first, and the record of it."""

from __future__ import annotations

from datetime import timedelta

from bot.app.errors import UserError
from bot.app.notices import AlertNotice
from bot.app.people import Person, Role
from bot.app.ports import AlertRecords, Audit, Clock

SNOOZE_DAYS = (1, 7, 30)


class AlertDesk:
    """The use case behind the buttons of an alert. A second click changes nothing and shows who was first."""

    def __init__(self, alerts: AlertRecords, audit: Audit, clock: Clock) -> None:
        self._alerts = alerts
        self._audit = audit
        self._clock = clock

    def acknowledge(self, alert_id: int, person: Person) -> AlertNotice:
        """Take note of an alert.

        Raises:
            UserError: no such alert, or the person may not.
        """
        self._admit(alert_id, person, "acknowledge")
        first = self._alerts.acknowledge(alert_id, person.name)
        return self._settled(alert_id, person, "acknowledge", first=first)

    def snooze(self, alert_id: int, days: int, person: Person) -> AlertNotice:
        """Put an alert to rest for some days (1, 7 or 30).

        Raises:
            UserError: no such alert, another number of days, or the person may not.
        """
        if days not in SNOOZE_DAYS:
            raise UserError(f"An alert can rest for 1, 7 or 30 days, not {days}.")
        self._admit(alert_id, person, "snooze")
        first = self._alerts.snooze(alert_id, person.name, self._clock.now() + timedelta(days=days))
        return self._settled(alert_id, person, f"snooze {days} days", first=first)

    def _admit(self, alert_id: int, person: Person, action: str) -> None:
        if not person.may(Role.MEMBER):
            self._audit.record(
                person.slack_id or person.name, action, f"alert {alert_id}", "refused", "slack"
            )
            raise UserError(person.refusal or "You may not act on alerts.", "Ask an administrator.")

    def _settled(self, alert_id: int, person: Person, action: str, *, first: bool) -> AlertNotice:
        notice = self._alerts.notice(alert_id)
        if notice is None:
            raise UserError("That alert is not known any more.")
        outcome = "done" if first else f"already {notice.state}"
        self._audit.record(
            person.slack_id or person.name,
            action,
            f"alert {alert_id} ({notice.account_name})",
            outcome,
            "slack",
        )
        return notice
