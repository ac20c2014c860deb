"""Saving a question as a segment of the configuration: who may, what is wrong, and the edit that does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from bot.app.config.adding import with_segment
from bot.app.config.publishing import Draft
from bot.app.errors import ConfigurationError, UserError
from bot.app.people import Person, Role
from bot.app.ports import Audit
from bot.app.scope import EVERYTHING, seen_by
from bot.app.wording import one_line
from bot.language.question import Kind, Question
from scoring.config import Configuration
from scoring.criteria.canonical import canonical
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog
from scoring.criteria.parse import parse
from scoring.criteria.tree import Always

MAY_SAVE: Final = Role.MANAGER
LONGEST_NAME: Final = 100  # of a segment in the document
LONGEST_CRITERIA: Final = 3_000
NAME, CRITERIA = "name", "criteria"
ACTION: Final = "save_segment"
WAIT_SECONDS: Final = 60.0  # for a run that is under way
_SAVED_KINDS: Final = {Kind.LIST, Kind.COUNT, Kind.COUNT_BY}
NOT_ALLOWED: Final = "Only managers and administrators can save segments."


class Publishing(Protocol):
    """Publishing a document, as far as saving needs it."""

    def draft(self, text: str, source: str) -> Draft:
        """Read a document, check it, and compare it with what is in force.

        Raises:
            ConfigurationError: all problems, one a line.
        """
        ...

    def publish(
        self, draft: Draft, author: str, note: str, *, confirmed: bool, seconds: float, place: str
    ) -> object:
        """Put it in force.

        Raises:
            UserError: a run did not end, or somebody else published meanwhile.
        """
        ...


class Saving:
    """The use case.

    Args:
        publishing: checks and publishes documents.
        document: the text of the document in force; None when none was published.
        configuration: the same as values.
        catalog: the fields that a segment's criteria may use.
        audit: where it is recorded.
    """

    def __init__(
        self,
        publishing: Publishing,
        document: Callable[[], str | None],
        configuration: Callable[[], Configuration],
        catalog: Callable[[], Catalog],
        audit: Audit,
    ) -> None:
        self._publishing = publishing
        self._document = document
        self._configuration = configuration
        self._catalog = catalog
        self._audit = audit

    def problems(self, name: str, criteria: str) -> Mapping[str, str]:
        """What is wrong with ``name`` and ``criteria``, a sentence each; empty when they may be saved.

        Quick, because a form waits for it: the document as a whole is checked when it is published.
        """
        found = {NAME: self._problem_of_name(one_line(name)), CRITERIA: self._problem_of_criteria(criteria)}
        return {field: said for field, said in found.items() if said}

    def save(self, name: str, question: Question, person: Person, place: str) -> str:
        """Save a question's criteria as a segment; a sentence that says so.

        Raises:
            UserError: the person may not, the name or the criteria are no good, or somebody else published.
        """
        if question.kind not in _SAVED_KINDS:
            raise UserError(
                "Only a question for accounts can be saved as a segment.", "Ask for a list of them first."
            )
        said = self.save_text(name, written(question), "", person, place)
        left = "Its order and number are not part of it." if question.sort or question.limit else ""
        return f"{said} {left}".strip()

    def save_text(self, name: str, criteria: str, note: str, person: Person, place: str) -> str:
        """Save criteria as a segment. Raises as ``save``."""
        name, actor = one_line(name), person.slack_id or person.name
        if not person.may(MAY_SAVE):
            self._audit.record(actor, ACTION, name, "refused", place)
            raise UserError(NOT_ALLOWED, "Ask one of them.")
        with seen_by(person.scope):
            wrong = self.problems(name, criteria)
        if wrong:
            raise UserError(" ".join(wrong.values()))
        reason = one_line(note) or f"Segment {name}"
        with seen_by(EVERYTHING):  # the document is everybody's; the criteria were read as theirs
            draft = self._draft(name, criteria)
            self._publishing.publish(
                draft, person.name, reason, confirmed=False, seconds=WAIT_SECONDS, place=place
            )
        self._audit.record(actor, ACTION, name, criteria, place)
        return f"Saved as the segment “{name}”: {criteria}."

    def _draft(self, name: str, criteria: str) -> Draft:
        """The document with the segment, checked.

        Raises:
            UserError: it would be no good.
        """
        text = self._document()
        if text is None:
            raise UserError("No configuration is published.", "Run `bellwether config apply`.")
        try:
            return self._publishing.draft(with_segment(text, name, criteria), "configuration")
        except ConfigurationError as error:
            raise UserError(error.what_happened, error.what_to_do) from None

    def _problem_of_name(self, name: str) -> str:
        if not 1 <= len(name) <= LONGEST_NAME:
            return f"A name has 1 to {LONGEST_NAME} characters."
        configuration = self._configuration()
        if name.casefold() in {one.name.casefold() for one in configuration.segments}:
            return f"There is a segment “{name}” already."
        most = configuration.limits.segments
        return (
            f"There are {most} segments; more are not allowed." if len(configuration.segments) >= most else ""
        )

    def _problem_of_criteria(self, criteria: str) -> str:
        if len(criteria) > LONGEST_CRITERIA:
            return f"The criteria have {len(criteria):,} characters; {LONGEST_CRITERIA:,} may be saved."
        try:
            tree = parse(criteria, self._catalog())
        except CriteriaError as error:
            place = "" if error.position is None else f"At character {error.position + 1}: "
            return f"{place}{error}"
        return "A segment needs a condition." if isinstance(tree, Always) else ""


def written(question: Question) -> str:
    """The criteria of a question as text; empty for every account."""
    return "" if isinstance(question.criteria, Always) else canonical(question.criteria)
