"""What acting on alerts needs from the world: the record of it, the CRM's people, and its records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from bot.app.acting import Assignment, CrmUserName, TaskWish
from bot.app.notices import AlertNotice
from bot.app.people import Person
from connector.write_ports import Change, Outcome


@dataclass(frozen=True, slots=True)
class Assigned:
    """An assignment as it is kept: with the name of the person."""

    wish: Assignment
    name: str


class AlertActions(Protocol):
    """What people did about alerts. Of two that do the same at once, the database lets one be first."""

    def notice(self, alert_id: int) -> AlertNotice | None:
        """The alert as it stands now, with what was done about it; None when there is no such alert."""
        ...

    def acknowledge(self, alert_id: int, by: Person) -> bool:
        """Take note of an open or resting alert; False when somebody was first."""
        ...

    def snooze(self, alert_id: int, by: Person, until: datetime) -> bool:
        """Put an open alert to rest; False when it is not open."""
        ...

    def dismiss(self, alert_id: int, by: Person, reason: str, said: str) -> bool:
        """Say that it is none, and why; False when somebody was first."""
        ...

    def assign(self, alert_id: int, by: Person, assigned: Assigned) -> bool:
        """Give it to somebody; False when it was given meanwhile, or cannot be given any more."""
        ...

    def ask_task(self, alert_id: int, by: Person, wish: TaskWish, name: str) -> bool:
        """Keep that the CRM is to have a task; False when somebody has asked for one meanwhile."""
        ...

    def ask_note(self, alert_id: int, by: Person, text: str, form: str) -> bool:
        """Keep that the CRM is to have a note; False when that form was sent before."""
        ...

    def latest(self, alert_id: int, kind: str) -> int:
        """The number of the newest action of a kind; 0 when there is none."""
        ...


class CrmPeople(Protocol):
    """Active CRM users."""

    def named(self, user_id: str) -> CrmUserName | None:
        """The user with this id; None when there is none who is active."""
        ...

    def like(self, text: str, limit: int) -> Sequence[CrmUserName]:
        """Users whose name or e-mail has this text in it, by name; all for an empty text."""
        ...


@dataclass(frozen=True, slots=True)
class CrmWrite:
    """Something that the CRM has to be told.

    Attributes:
        id: the action's number.
        kind: task, note or owner.
        by: who asked for it, by name.
        actor: their Slack id.
        details: whom, said, due.
        reference: what stands in the record, so that it can be found.
        attempts: how often this was begun, this time included.
    """

    id: int
    kind: str
    account_id: str
    by: str
    at: datetime
    details: Mapping[str, Any]
    reference: str
    attempts: int
    actor: str = ""


class CrmWrites(Protocol):
    """What the CRM has to be told, in the database."""

    def begin(self, action_id: int) -> CrmWrite | None:
        """Note that it is attempted; None when it is done, or refused."""
        ...

    def written(self, action_id: int, crm_id: str) -> None:
        """It stands in the CRM."""
        ...

    def refused(self, action_id: int, why: str) -> None:
        """The CRM will never take it."""
        ...


class RecordWriter(Protocol):
    """Single records of the CRM. Every method raises the errors of ``connector.errors``."""

    def add_task(
        self,
        module: str,
        identifier: str,
        subject: str,
        *,
        due: date | None,
        owner: str | None,
        description: str = "",
    ) -> str:
        """A task on a record; its id."""
        ...

    def add_note(self, module: str, identifier: str, title: str, text: str) -> str:
        """A note on a record; its id."""
        ...

    def find_added(self, module: str, field: str, mark: str, since: datetime) -> str | None:
        """The id of the record, added since then, in whose field the mark stands."""
        ...

    def set_fields(
        self, module: str, identifier: str, values: Mapping[str, Any], unmodified_since: datetime | None
    ) -> None:
        """Change one record for a person, unless somebody else has changed it meanwhile."""
        ...

    def said(
        self, module: str, ids: Sequence[str], names: Sequence[str]
    ) -> Mapping[str, Mapping[str, object]]:
        """What records say now, by id and API name."""
        ...

    def update(
        self, module: str, changes: Sequence[Change], *, unmodified_since: datetime | None = None
    ) -> tuple[Outcome, ...]:
        """Change at most 100 records, without triggering workflows; an outcome for each, in order.

        Nothing is written when one of them was changed after ``unmodified_since`` (Conflict), or that one is
        left out (``changed_since`` of its outcome).
        """
        ...


@dataclass(frozen=True, slots=True)
class OwnWriter:
    """The CRM as a person sees it who has let us write as them.

    Attributes:
        lost: tell that Zoho does not accept the person's consent any more.
    """

    records: RecordWriter
    lost: Callable[[], None]


class OwnWriters(Protocol):
    """Those who have let us write as them."""

    def of(self, slack_id: str) -> OwnWriter | None:
        """The person's own; None when they have none that may be used now."""
        ...
