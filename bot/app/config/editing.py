"""Editing segments, labels and routes in a form: who may, what a field says, what it would do, publishing it.

A form's values are texts. What they say is checked as any document is: nothing of a form is trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Protocol

from bot.app.config.changing import Entry, Kind, entries, labels_beside, with_entry
from bot.app.config.preview import Preview
from bot.app.config.publishing import Draft
from bot.app.errors import ConfigurationError, UserError
from bot.app.people import Person, Role
from bot.app.ports import Audit
from bot.app.wording import one_line

MAY_EDIT: Final = Role.ADMIN
NOT_ALLOWED: Final = "Only administrators edit the configuration."
ACTION: Final = "edit configuration"
LONGEST_NAME: Final = 100  # of a segment or route in the document
WAIT_SECONDS: Final = 60.0  # for a run that is under way
NAME, REMOVE, AFTER = "name", "remove", "after"
LISTED: Final = frozenset({"to"})  # keys whose values are one a line
NUMBERS: Final = frozenset({"at_least"})
# The keys that a form has, by kind; the first is where a problem is shown that has no other place.
KEYS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "segment": ("criteria",),
    "label": ("when",),
    "route": ("criteria", "when", "at_least", "channel", "to", "otherwise", "cooldown", "digest"),
}


class FormProblem(UserError):
    """What was entered cannot be published.

    Attributes:
        field: the key where it is shown.
    """

    def __init__(self, field: str, what_happened: str) -> None:
        self.field = field
        super().__init__(what_happened)


class Publishing(Protocol):
    """Publishing a document: ``bot.app.config.publishing.Configuring``."""

    def draft(self, text: str, source: str) -> Draft:
        """Read a document, check it, and compare it with what is in force.

        Raises:
            ConfigurationError: all problems, one a line.
        """
        ...

    def preview(self, draft: Draft) -> Preview:
        """What the next run would do with it."""
        ...

    def publish(
        self, draft: Draft, author: str, note: str, *, confirmed: bool, seconds: float, place: str
    ) -> object:
        """Put it in force."""
        ...


@dataclass(frozen=True, slots=True)
class Edited:
    """An edit as somebody wants it.

    Attributes:
        values: key -> text, as the form has them; ``remove`` with any text takes the entry out; ``after``
            is the number of the label that it follows in its segmentation, 0 for the first place.
        basis: the version that the person saw.
        new: it is to be added, so there must be none of its name.
        order: of a label that was opened, the labels of its segmentation as they are tried.
    """

    entry: Entry
    values: Mapping[str, str]
    basis: int
    note: str = ""
    new: bool = False
    order: tuple[str, ...] = ()


class Editing:
    """The use case. Every method asks anew who may, and raises UserError when the person may not.

    Args:
        publishing: checks and publishes documents.
        document: number and text of the version in force; None when none was published.
        audit: where refusals are recorded; publications are recorded where they are made.
    """

    def __init__(
        self, publishing: Publishing, document: Callable[[], tuple[int, str] | None], audit: Audit
    ) -> None:
        self._publishing = publishing
        self._document = document
        self._audit = audit

    def choices(self, person: Person) -> tuple[Entry, ...]:
        """What can be edited, in the order of the document."""
        self._admit(person, "configuration")
        return tuple(entry for entry, _ in entries(self._current()[1]))

    def open(self, entry: Entry, person: Person) -> Edited:
        """An entry as it stands, in texts; without a name: a new one, which is empty.

        Raises:
            UserError: there is none of that name any more.
        """
        self._admit(person, entry.said())
        number, text = self._current()
        held = _held(text, entry)
        new = not entry.name and entry.kind != "label"
        if held is None and not new:
            raise UserError(f"There is no {entry.said()} any more.")
        order = labels_beside(text, entry)
        place = {AFTER: str(order.index(entry.name))} if order else {}
        return Edited(entry, {**_texts(held, entry.kind), **place}, number, new=new, order=order)

    def draft(self, edited: Edited, person: Person) -> Draft:
        """The document with the edit, checked and compared with what is in force.

        Raises:
            FormProblem: it would be no good; every problem, and the field.
            UserError: somebody else has published meanwhile.
        """
        self._admit(person, edited.entry.said())
        number, text = self._current()
        if number != edited.basis:
            raise UserError(
                f"Version {number} was published meanwhile, so nothing was done.",
                "Close this and begin again.",
            )
        first = KEYS[edited.entry.kind][0]
        if not 1 <= len(edited.entry.name) <= LONGEST_NAME:
            raise FormProblem(NAME, f"A name has 1 to {LONGEST_NAME} characters.")
        held = _held(text, edited.entry)
        if edited.new and held is not None:
            raise FormProblem(NAME, f"There is a {edited.entry.said()} already.")
        if not edited.new and held is None:
            raise UserError(f"There is no {edited.entry.said()} any more.")
        try:
            changes = _changes(edited, _texts(held, edited.entry.kind))
            made = with_entry(text, edited.entry, changes, _place(text, edited))
            draft = self._publishing.draft(made, "configuration")
        except ConfigurationError as error:
            said = _without_lines(error.what_happened)
            if edited.values.get(REMOVE):
                said = f"It cannot be removed, because something else names it: {said}"
            raise FormProblem(first, said) from None
        if not draft.differences:
            raise FormProblem(first, "Nothing differs from what is in force.")
        return draft

    def preview(self, draft: Draft, person: Person) -> Preview:
        """What the next run would do with it. Nothing of it stays; takes as long as a run.

        Raises:
            UserError: a run is under way and does not end.
        """
        self._admit(person, "preview")
        return self._publishing.preview(draft)

    def publish(self, edited: Edited, person: Person, place: str) -> str:
        """Put the edit in force, as it was shown; what was done, in a sentence.

        Raises:
            FormProblem: it is no good any more.
            UserError: somebody else published meanwhile, or a run did not end.
        """
        draft = self.draft(edited, person)
        done = "Added" if edited.new else "Removed" if edited.values.get(REMOVE) else "Changed"
        said = f"{done} the {edited.entry.said()}."
        self._publishing.publish(
            draft,
            person.name,
            one_line(edited.note) or said,
            confirmed=True,
            seconds=WAIT_SECONDS,
            place=place,
        )
        return f"{said} It is in force from the next run on."

    def _admit(self, person: Person, target: str) -> None:
        if not person.may(MAY_EDIT):
            self._audit.record(person.slack_id or person.name, ACTION, target[:200], "refused", "slack")
            raise UserError(NOT_ALLOWED, "Ask one of them.")

    def _current(self) -> tuple[int, str]:
        found = self._document()
        if found is None:
            raise UserError("No configuration is published.", "Run `bellwether config apply`.")
        return found


def _held(text: str, entry: Entry) -> Mapping[str, Any] | None:
    return next((values for one, values in entries(text) if one == entry), None)


def _texts(held: Mapping[str, Any] | None, kind: Kind) -> dict[str, str]:
    return {key: _shown((held or {}).get(key)) for key in KEYS[kind]}


def _changes(edited: Edited, before: Mapping[str, str]) -> Mapping[str, Any] | None:
    """What becomes of the entry's keys: those alone whose text is another one, so that spelling stays."""
    if edited.values.get(REMOVE):
        return None
    given = {key: edited.values.get(key, "") for key in KEYS[edited.entry.kind]}
    return {key: _value(key, text) for key, text in given.items() if text != before[key]}


def _place(text: str, edited: Edited) -> int | None:
    """Where a label is to stand; None where it stands there already, or where nothing is said."""
    wanted = edited.values.get(AFTER, "")
    order = labels_beside(text, edited.entry)
    if not wanted.isdecimal() or not order or edited.values.get(REMOVE):
        return None
    place = min(int(wanted), len(order) - 1)
    return None if order[place] == edited.entry.name else place


def _value(key: str, text: str) -> Any:
    """What stands in the document for a field's text; None for an empty one."""
    if key in LISTED:
        return [one.strip() for one in text.splitlines() if one.strip()] or None
    said = " ".join(text.split())
    if not said or key not in NUMBERS:
        return said or None
    try:
        number = Decimal(said.replace(",", ""))
    except InvalidOperation:
        raise FormProblem(key, "That is no number.") from None
    if not number.is_finite() or not 0 <= number < 10**15:
        raise FormProblem(key, "That is no amount.")
    return int(number) if number == int(number) else float(number)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return "\n".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _without_lines(problems: str) -> str:
    """Problems without the places in a file that nobody sees."""
    return "\n".join(one.split(": ", 1)[-1] for one in problems.splitlines())
