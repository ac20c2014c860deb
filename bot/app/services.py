"""The use cases that Slack and the terminal call, as one bundle that the wiring fills."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.app.account_notes import AccountNotes
from bot.app.acting import Assignment, CrmUserName, TaskWish
from bot.app.administration import Administration
from bot.app.answers import Answer, Explanation, LabelMove
from bot.app.checks import Check
from bot.app.config.editing import Editing
from bot.app.consenting import Consenting
from bot.app.enriching_desk import EnrichingDesk
from bot.app.exporting import Exports
from bot.app.exporting_schedules import ExportSchedules
from bot.app.linked_accounts import LinkedAccounts
from bot.app.notices import AlertNotice
from bot.app.people import Person
from bot.app.people_ports import People
from bot.app.ports import Audit, Clock, Miss, Pictures, Posted
from bot.language.question import Question


class Asking(Protocol):
    """Questions."""

    def ask(
        self,
        text: str,
        person: Person,
        offset: int = 0,
        *,
        conversation: str = "",
        pressed: bool = False,
    ) -> Answer:
        """Answer a sentence, or say what was not understood. Never raises for what somebody typed.

        Args:
            text: the sentence.
            person: who asks: ``my`` means them.
            offset: how many accounts of a list to pass over, for its later pages.
            conversation: where it was asked: what was asked there before is gone on with. Empty: nowhere.
            pressed: a button said it, nobody typed it: what it does not understand is not counted.
        """
        ...


class AlertDesk(Protocol):
    """What people do about alerts. Idempotent: a second click changes nothing and shows who was first."""

    def acknowledge(self, alert_id: int, person: Person) -> AlertNotice:
        """Take note of an alert.

        Raises:
            UserError: no such alert, or the person may not.
        """
        ...

    def snooze(self, alert_id: int, days: int, person: Person) -> AlertNotice:
        """Put an alert to rest for some days (1, 7 or 30).

        Raises:
            UserError: no such alert, another number of days, or the person may not.
        """
        ...

    def dismiss(self, alert_id: int, reason: str, words: str, person: Person) -> AlertNotice:
        """Say that an account is not at risk, and why.

        Raises:
            FieldError: the reason is none.
            UserError: no such alert, or the person may not; as of all that follow.
        """
        ...

    def assign(self, alert_id: int, wish: Assignment, person: Person) -> AlertNotice:
        """Give an alert to a CRM user.

        Raises:
            FieldError: there is no such user.
            UserError: somebody else has given it to somebody meanwhile.
        """
        ...

    def ask_task(self, alert_id: int, wish: TaskWish, person: Person) -> AlertNotice:
        """Have a task created in the CRM.

        Raises:
            FieldError: subject, day or person cannot be taken.
            UserError: somebody else has asked for a task meanwhile.
        """
        ...

    def ask_note(self, alert_id: int, text: str, form: str, person: Person) -> AlertNotice:
        """Have a note written to the account in the CRM; a form counts once.

        Raises:
            FieldError: nothing is written, or too much.
        """
        ...

    def explain(self, alert_id: int, person: Person) -> tuple[AlertNotice, tuple[Explanation, ...]]:
        """Why the account has its labels now."""
        ...

    def to_act_on(self, alert_id: int, kind: str, person: Person) -> tuple[AlertNotice, int]:
        """The alert for a form, and the number of the newest action of that kind."""
        ...

    def people(self, text: str, limit: int, person: Person) -> tuple[CrmUserName, ...]:
        """CRM users whose name has the text in it; none for those who may not act."""
        ...


class Rescoring(Protocol):
    """Re-scores on command."""

    def request(self, segmentation: str | None, person: Person, progress_at: Posted | None) -> int:
        """Queue a re-score of one segmentation, or of all; returns the job's number.

        Raises:
            UserError: no such segmentation (names the nearest), or the person may not.
        """
        ...


class Voice(Protocol):
    """What customers say."""

    def correct(
        self, sentence: str, intent: str | None, sentiment: str | None, person: Person, place: str
    ) -> str:
        """Keep what a person says that a sentence means; what comes of it, as a sentence.

        Raises:
            UserError: the person may not, or it cannot be understood.
        """
        ...


class Saving(Protocol):
    """Questions that become segments of the configuration."""

    def problems(self, name: str, criteria: str) -> Mapping[str, str]:
        """What is wrong with ``name`` and ``criteria``, a sentence each; empty when they may be saved."""
        ...

    def save(self, name: str, question: Question, person: Person, place: str) -> str:
        """Save a question's criteria as a segment; a sentence that says so.

        Raises:
            UserError: the person may not, the name or the criteria are no good, or somebody else published.
        """
        ...

    def save_text(self, name: str, criteria: str, note: str, person: Person, place: str) -> str:
        """Save criteria as a segment. Raises as ``save``."""
        ...


class Words(Protocol):
    """Words that people use for the organisation's values."""

    def offer(self, word: str, reading: str, person: Person) -> str | None:
        """What a word would mean, for a button; None when this person may not keep it, or it means no value.

        Args:
            word: what was not understood.
            reading: what stands in its place in the reading that was chosen.
            person: who chose it.
        """
        ...

    def keep(self, word: str, reading: str, person: Person) -> str:
        """Keep a word for a value; what was done, in a sentence.

        Raises:
            UserError: the person may not, the word means something already, or it cannot be published now.
        """
        ...


class RecentMisses(Protocol):
    """Sentences that were not understood."""

    def recent(self, limit: int) -> tuple[Miss, ...]:
        """Those that were typed most often."""
        ...


@dataclass(frozen=True, slots=True)
class MovedAccount:
    """An account whose label moved recently."""

    account_id: str
    name: str
    move: LabelMove
    crm_url: str | None


@dataclass(frozen=True, slots=True)
class HomeView:
    """What App Home shows a person.

    Attributes:
        misses: what was not understood most often; for administrators only.
        administration: runs, unmatched people and the configuration; for administrators only.
        zoho_connected: whether we write to the CRM as this person; None where that is not offered.
    """

    person: Person
    label_counts: tuple[tuple[str, int], ...]  # best label first
    my_moves: tuple[MovedAccount, ...]
    open_alerts: tuple[AlertNotice, ...]
    checks: tuple[Check, ...]
    as_of: datetime | None
    misses: tuple[Miss, ...] = ()
    administration: Administration | None = None
    zoho_connected: bool | None = None


class Moves(Protocol):
    """Label changes of late."""

    def recent(self, owner_id: str, limit: int) -> tuple[MovedAccount, ...]:
        """The newest changes of the accounts of one owner."""
        ...


class Home(Protocol):
    """App Home."""

    def view(self, person: Person) -> HomeView:
        """What to show this person now."""
        ...


class SeenEvents(Protocol):
    """Deliveries that have been taken."""

    def first_time(self, event_id: str) -> bool:
        """Remember the delivery; False when it was known already."""
        ...


@dataclass(frozen=True)
class Services:
    """Everything a listener may call."""

    clock: Clock
    asking: Asking
    alerts: AlertDesk
    rescoring: Rescoring
    voice: Voice
    saving: Saving
    people: People
    home: Home
    seen: SeenEvents
    audit: Audit
    pictures: Pictures
    words: Words
    misses: RecentMisses
    exports: Exports | None = None
    notes: AccountNotes | None = None
    linked: LinkedAccounts | None = None
    editing: Editing | None = None
    enriching: EnrichingDesk | None = None
    schedules: ExportSchedules | None = None
    consenting: Consenting | None = None
