"""Exports: who may have one, what is in it, what becomes of it. The file is written by a worker."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.app.errors import UserError
from bot.app.exporting_contacts import known_marks, mailing_said
from bot.app.exporting_links import Links, Ticket
from bot.app.exporting_ports import ContactRows, ExportFiles, ExportHistory, ExportRows
from bot.app.exporting_values import (
    A_DAY,
    DELIVERY_HOURS,
    EVERYTHING,
    EXPORTS_A_DAY,
    MOST_COLUMNS,
    NEEDED_ROLE,
    OPERATOR_KEY,
    UNFINISHED,
    Export,
    ExportColumn,
    ExportSort,
    Further,
    Offered,
    Selection,
    Status,
    Wish,
    in_history_order,
    segments_named,
)
from bot.app.people import Person, Role
from bot.app.ports import Audit, Clock, Jobs, NewJob, Posted
from bot.app.scope import EVERYTHING as EVERY_ACCOUNT
from bot.app.wording import counted
from bot.language.question import Held, Kind, Moved, Question
from bot.language.restate import read_as
from scoring.config import Configuration
from scoring.criteria.canonical import canonical
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog
from scoring.criteria.parse import parse
from scoring.criteria.tree import InSegment, Node

KIND: Final = "export"  # of the job
NOT_ALLOWED: Final = "Only managers and administrators can export."
# Kinds of questions whose criteria are about which accounts: their accounts are exported.
OF_ACCOUNTS: Final = (Kind.LIST, Kind.COUNT, Kind.COUNT_BY, Kind.PROSPECTS, Kind.MOVED, Kind.HISTORY)


@dataclass(frozen=True)
class Exports:
    """The use case.

    Attributes:
        links: None where there is no address at which people reach this server.
    """

    rows: ExportRows
    contacts: ContactRows
    history: ExportHistory
    files: ExportFiles
    jobs: Jobs
    audit: Audit
    clock: Clock
    configuration: Callable[[], Configuration]
    links: Links | None = None

    def begin(self, question: Question, text: str, person: Person, place: str) -> Export:
        """Note what somebody wants to export; the columns and the format are chosen after that.

        Raises:
            UserError: the person may not export, has done so too often today, or it is no list of accounts.
        """
        self.check_allowed(person, text, place)
        if question.kind not in OF_ACCOUNTS:
            raise UserError(
                "This answer is no list of accounts.", "Ask for accounts, and export that: `VIP accounts`."
            )
        catalog = self.rows.catalog()
        last = self.history.latest_wish(requester_key(person))
        export = Export(
            public_id=secrets.token_hex(16),
            question=text,
            segments=segments_named(question.criteria),
            criteria=canonical(question.criteria, catalog),
            sort=question.sort,
            row_limit=question.limit,
            wish=replace(last.wish, mailing=None) if last else Wish(),
            requested_by=requester_key(person),
            requester=person.name,
            slack_id=person.slack_id,
            status=Status.DRAFT,
            created_at=self.clock.now(),
            further=further_of(question),
        )
        self.history.add(export)
        return export

    def number(self, export: Export) -> int:
        """How many accounts there are to export now: of changes of label each account counts once.

        Raises:
            CriteriaError: fields or values that are not there any more.
        """
        criteria = selected(export, self.rows.catalog())
        return self.rows.number(Selection(criteria, export.sort, export.row_limit, (), export.further))

    def of_segment(self, name: str) -> Question:
        """The question for the accounts of a saved segment.

        Raises:
            UserError: there is none of that name.
        """
        found = self.rows.catalog().segment(name)
        if found is None:
            raise UserError(f"There is no segment {name}.", "`bellwether config export` lists them.")
        return Question(Kind.LIST, InSegment(found[0]))

    def confirm(self, public_id: str, wish: Wish, person: Person, posted: Posted | None = None) -> Export:
        """Have a worker write it.

        Raises:
            UserError: the person may not, it is not theirs, or a column is not known.
        """
        job = NewJob(KIND, public_id, {"export": public_id}, self.clock.now())
        return self.started(public_id, wish, person, posted, Status.WAITING, job)

    def started(
        self,
        public_id: str,
        wish: Wish,
        person: Person,
        posted: Posted | None,
        status: Status,
        job: NewJob | None = None,
    ) -> Export:
        """Take a draft up with its job, and say so in the audit log; who takes it up twice is told.

        Raises:
            UserError: as ``confirm``.
        """
        draft = self.own(public_id, person)
        target = target_of(draft)
        self.check_allowed(person, target, "export")
        wish = self.checked(wish)
        changes = {"wish": wish, "posted": posted, "status": status, "created_at": self.clock.now()}
        if not self.history.change(public_id, (Status.DRAFT,), changes, job=job):
            raise UserError("This export has been started already.", "`exports` shows how far it is.")
        said = f"started: {wish.format}, {chosen_said(wish)}, {public_id}"
        self.audit.record(requester_key(person), KIND, target, said, "export")
        return self.own(public_id, person)

    def check_allowed(self, person: Person, target: str, place: str) -> None:
        """Refuse whoever may not export, and say so in the audit log.

        Raises:
            UserError: the reason.
        """
        self._refuse(self.refusal(person), person, target, place)

    def check_role(self, person: Person, target: str, place: str) -> None:
        """The same, however many exports they have made today.

        Raises:
            UserError: the reason.
        """
        reason = None if person.may(NEEDED_ROLE) else person.refusal or NOT_ALLOWED
        self._refuse(reason, person, target, place)

    def _refuse(self, reason: str | None, person: Person, target: str, place: str) -> None:
        if reason is not None:
            self.audit.record(requester_key(person), KIND, target, f"refused: {reason}", place)
            raise UserError(reason)

    def refusal(self, person: Person) -> str | None:
        """Why a person may not export now; None when they may."""
        if not person.may(NEEDED_ROLE):
            return person.refusal or NOT_ALLOWED
        since = self.clock.now() - A_DAY
        if person.slack_id and self.history.begun_since(person.slack_id, since) >= EXPORTS_A_DAY:
            return f"You have made {EXPORTS_A_DAY} exports in the last 24 hours; more are possible later."
        return None

    def checked(self, wish: Wish) -> Wish:
        """What was chosen, with roles and keywords as they are spelled.

        Raises:
            UserError: a column, a role or a keyword that there is not.
        """
        if wish.mailing is not None:
            return replace(wish, mailing=known_marks(wish.mailing, self.contacts.marks()))
        self.check_columns(wish.columns)
        return wish

    def check_columns(self, names: Sequence[str] | None) -> None:
        """Refuse columns that there are not, or too many.

        Raises:
            UserError: which.
        """
        if names is None:
            return
        if not names:
            raise UserError("No field is chosen.", "Choose some, or all fields.")
        if len(names) > MOST_COLUMNS:
            raise UserError(
                f"{len(names)} fields are chosen; at most {MOST_COLUMNS} can be.", "Or take all fields."
            )
        known = {one.name for one in self.rows.columns()}
        missing = [name for name in names if name not in known]
        if missing:
            raise UserError(f"There is no field {missing[0]}.", "Search for it by its label.")

    def named_columns(self, names: Sequence[str]) -> tuple[str, ...]:
        """Canonical names of fields that were written by name, API name or label; each once.

        Raises:
            UserError: one that is not known.
        """
        catalog, every = self.rows.catalog(), self.rows.columns()
        offered = {one.name: one.name for one in every}
        said = {text.casefold(): one.name for one in reversed(every) for text in (one.label, one.api_name)}
        found: dict[str, None] = {}
        for name in (one.strip() for one in names):
            field = catalog.find(name)
            known = offered.get(field.name) if field is not None else said.get(name.casefold())
            if known is None:
                raise UserError(f"There is no field {name}.", "`bellwether export --fields` lists them.")
            found[known] = None
        return tuple(found)

    def fields(self, search: str, most: int) -> list[ExportColumn]:
        """The columns that a search means: those that begin with it first."""
        wanted = search.strip().casefold()
        every = self.rows.columns()
        begin = [one for one in every if one.label.casefold().startswith(wanted)]
        within = [one for one in every if wanted in f"{one.label}\n{one.name}\n{one.api_name}".casefold()]
        return list(dict.fromkeys((*begin, *within)))[:most]

    def own(self, public_id: str, person: Person) -> Export:
        """A person's export; administrators see everybody's.

        Raises:
            UserError: there is none of that id for this person.
        """
        export = self.history.find(public_id)
        mine = export is not None and export.requested_by == requester_key(person)
        if export is None or not (mine or person.may(Role.ADMIN)):
            raise UserError("There is no such export any more.", "Ask for it again.")
        return export

    def cancel(self, public_id: str, person: Person) -> Export:
        """Stop an export that is not finished; a finished one stays as it is.

        Raises:
            UserError: it is not this person's.
        """
        export = self.own(public_id, person)
        changes = {"status": Status.CANCELLED, "finished_at": self.clock.now()}
        if self.history.change(public_id, UNFINISHED, changes):
            target = target_of(export)
            self.audit.record(requester_key(person), KIND, target, f"cancelled: {public_id}", "export")
        return self.own(public_id, person)

    def listed(self, person: Person, sort: ExportSort = ExportSort.WHEN) -> list[Export]:
        """The history: a person's own; of everybody for administrators. Deleted segments show at once.

        Raises:
            UserError: the person may not export.
        """
        if not person.may(NEEDED_ROLE):
            raise UserError(person.refusal or NOT_ALLOWED)
        whose = None if person.may(Role.ADMIN) else requester_key(person)
        segments = self.segments()
        found = [
            one if one.valid_for(segments) or one.status is Status.EXPIRED else invalid(one)
            for one in self.history.listed(whose)
        ]
        return in_history_order(found, sort)

    def send_again(self, public_id: str, person: Person) -> Export:
        """Have a worker give a finished export's file once more, to the person who asked for it.

        Raises:
            UserError: it is not theirs, or there is no file any more.
        """
        export = self.own(public_id, person)
        if export.requested_by != requester_key(person):
            raise UserError("Only who asked for an export is given its file.")
        self.check_given(export, person)
        now = self.clock.now()
        job = NewJob(KIND, f"{public_id}@{now.timestamp():.3f}", {"export": public_id}, now)
        longer = {"deliver_by": now + DELIVERY_HOURS}
        anew = {"delivered": False, "reason": None, "given_at": None, **longer}
        # One that is being given already is not begun anew; its job may have come to nothing.
        if not self.history.change(public_id, (Status.DONE,), anew, expected={"delivered": True}, job=job):
            self.history.change(public_id, (Status.DONE,), longer, job=job)
        self.audit.record(
            requester_key(person), KIND, target_of(export), f"asked again: {public_id}", "export"
        )
        return export

    def segments(self) -> frozenset[str]:
        """The saved segments that there are, folded."""
        return segments_of(self.configuration())

    def available(self, export: Export) -> bool:
        """Whether its file is to be had now."""
        there = export.downloadable(self.clock.now()) and export.valid_for(self.segments())
        return there and self.files.exists(export.file_name or "")

    def check_given(self, export: Export, person: Person) -> None:
        """Look at rights, segments, time and scope again: all may have changed since the file was written.

        Args:
            export: finished.
            person: who asked for it.

        Raises:
            UserError: why its file is not given now.
        """
        if not person.may(NEEDED_ROLE):
            raise UserError(person.refusal or "You may not export any more.")
        if not self.available(export):
            raise UserError("There is no file of it any more.", "Ask for it again.")
        held = EVERY_ACCOUNT if export.scope is None else export.scope
        if not person.scope.sees_all_of(held):
            raise UserError("You do not see all of its accounts any more.", "Ask for it again.")

    def new_link(self, export: Export) -> str | None:
        """A link for the person who asked, the only one that works; None where there can be none."""
        if self.links is None or not export.slack_id or export.expires_at is None:
            return None
        key = secrets.token_hex(16)
        if not self.history.change(export.public_id, (Status.DONE,), {"link_key": key}):
            return None
        until = int(export.expires_at.timestamp())
        return self.links.link(Ticket(export.public_id, export.slack_id, until, key))


def segments_of(configuration: Configuration) -> frozenset[str]:
    """The saved segments of a configuration, folded."""
    return frozenset(one.name.casefold() for one in configuration.segments)


def requester_key(person: Person) -> str:
    """How the history names a person."""
    return person.slack_id or person.email or OPERATOR_KEY


def further_of(question: Question) -> Further | None:
    """What the accounts of an answer are chosen by, beside criteria."""
    if question.kind is Kind.PROSPECTS and question.product is not None:
        return Offered(question.product)
    return question.moved or question.held


def target_of(export: Export) -> str:
    """Of which accounts it is, for the audit log and the history."""
    if export.further is None:
        return export.criteria or EVERYTHING
    if isinstance(export.further, Moved):
        told = read_as(Question(Kind.MOVED, moved=export.further))
    elif isinstance(export.further, Held):
        told = read_as(Question(Kind.HISTORY, held=export.further))
    else:
        told = f"to be offered the product {export.further.product}"
    return f"{told} · {export.criteria}" if export.criteria else told


def chosen_said(wish: Wish) -> str:
    """What of the accounts was chosen: ``all fields``, ``12 fields``, ``contacts (Decision Maker)``."""
    if wish.mailing is not None:
        return mailing_said(wish.mailing)
    return "all fields" if wish.columns is None else counted(len(wish.columns), "field")


def deleted_said(export: Export) -> str:
    """That its segment is not there any more."""
    return f"The segment {', '.join(export.segments)} was deleted."


def invalid(export: Export) -> Export:
    """An export whose segment is not there any more."""
    return replace(export, status=Status.INVALID, reason=deleted_said(export), link_key=None)


def selected(export: Export, catalog: Catalog) -> Node:
    """The criteria of an export, read again.

    Raises:
        CriteriaError: the fields or values are not there any more.
    """
    try:
        return parse(export.criteria, catalog)
    except CriteriaError:
        return parse(export.criteria, catalog.open())  # a value that no record has any more is no hindrance
