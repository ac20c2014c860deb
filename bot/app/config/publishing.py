"""Publishing configurations: checked against the organisation and what is in force, confirmed, and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bot.app.config.criteria import Catalogs, check_against
from bot.app.config.diff import Difference, differences
from bot.app.config.document import Problem
from bot.app.config.edits import confirmations, edited, removed_in_use
from bot.app.config.preview import Preview
from bot.app.config.published import (
    ConfigurationDocument,
    ConfigVersion,
    Published,
    PublishedConfigurations,
    read_document,
)
from bot.app.config.sources import InUse, disconnected, wider
from bot.app.config.uses import Use, dependents, uses
from bot.app.errors import UserError
from bot.app.ports import Audit
from scoring.config import Configuration

FIRST_VERSION = 1
_NOTHING_BEFORE = "Nothing was published before."
_UNREADABLE = "There is nothing to compare with: this release cannot read the version before."


class Archive(Protocol):
    """Every published version."""

    def current(self) -> ConfigVersion | None:
        """The version in force; None when none was published."""
        ...

    def version(self, number: int) -> ConfigVersion | None:
        """One version; None when there is none of that number."""
        ...

    def history(self, limit: int = ...) -> list[ConfigVersion]:
        """The versions, newest first."""
        ...

    def publish(
        self, document: str, author: str, note: str = ..., *, expected: int | None = ..., seconds: float = ...
    ) -> ConfigVersion:
        """Make a document the one in force, unless another than the expected one is by now.

        Raises:
            UserError: that, or a run was under way for longer than so many seconds.
        """
        ...


@dataclass(frozen=True)
class Draft:
    """A document that is good, beside what is in force.

    Attributes:
        basis: number of the version that it was compared with; None when there is none.
        differences: what it changes.
        dependents: what stands on that which is edited.
        confirmations: sentences that have to be confirmed before it is published.
        incomparable: why it could not be compared; None when it was.
    """

    text: str
    configuration: Configuration
    basis: int | None
    differences: tuple[Difference, ...] = ()
    dependents: tuple[Use, ...] = ()
    confirmations: tuple[str, ...] = ()
    incomparable: str | None = None

    def sentences(self) -> tuple[str, ...]:
        """For a person: what differs, and what stands on it."""
        if self.incomparable:
            return (self.incomparable,)
        if not self.differences:
            return ("Nothing differs from what is in force.",)
        told = [one.sentence() for one in self.differences]
        told += (_dependence(one) for one in self.dependents)
        return (*told, *(f"To be confirmed: {one}" for one in self.confirmations))

    def as_json(self) -> dict[str, Any]:
        """JSON values only."""
        return {
            "compared_with": None if self.incomparable else self.basis,
            "differences": [one.as_json() for one in self.differences],
            "dependents": [
                {"kind": one.user.kind, "name": one.user.said(), "uses": one.used.said()}
                for one in self.dependents
            ],
            "confirmations": list(self.confirmations),
        }


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """A published version and what it changed."""

    version: int
    published_at: datetime
    author: str
    note: str
    changes: tuple[str, ...]


class Configuring:
    """The use case.

    Args:
        versions: every published document.
        configurations: the same as values.
        catalogs: the fields that a configuration's criteria may use, in this organisation.
        rehearse: what a run with a configuration would do.
        audit: where publications are recorded.
        published: told of each configuration that was put in force.
    """

    def __init__(
        self,
        versions: Archive,
        configurations: PublishedConfigurations,
        catalogs: Callable[[Configuration], Catalogs],
        rehearse: Callable[[Published], Preview],
        audit: Audit,
        published: Callable[[Configuration], object],
    ) -> None:
        self._versions = versions
        self._configurations = configurations
        self._catalogs = catalogs
        self._rehearse = rehearse
        self._audit = audit
        self._published = published

    def draft(self, text: str, source: str) -> Draft:
        """Read a document, check it, and compare it with what is in force.

        Raises:
            ConfigurationError: all problems, one a line: ``file:line: what is wrong``.
        """
        document = read_document(text, source)
        current = self._versions.current()
        before = None if current is None else self._configurations.at(current.version)
        if current is None or before is None:
            document.refuse(self._problems(document))
            if current is None:
                return Draft(text, document.configuration, None, incomparable=_NOTHING_BEFORE)
            return Draft(text, document.configuration, current.version, incomparable=_UNREADABLE)
        return self._compared(document, text, before, current.version)

    def preview(self, draft: Draft) -> Preview:
        """What the next run would do with it. Nothing of it stays.

        Raises:
            UserError: a run is under way and does not end.
        """
        number = FIRST_VERSION if draft.basis is None else draft.basis + 1
        return self._rehearse(Published(number, draft.configuration))

    def publish(
        self,
        draft: Draft,
        author: str,
        note: str,
        *,
        confirmed: bool,
        seconds: float,
        place: str = "terminal",
    ) -> ConfigVersion:
        """Put it in force; a run that is under way ends first, with the configuration that it began with.

        Raises:
            UserError: it was not confirmed, a run did not end, or somebody else published meanwhile.
        """
        if draft.confirmations and not confirmed:
            raise UserError(
                "\n".join(("This has to be confirmed:", *draft.confirmations)),
                "\nSee `bellwether config diff`; then add --confirm.",
            )
        made = self._versions.publish(draft.text, author, note, expected=draft.basis, seconds=seconds)
        if made.version != draft.basis:
            outcome = f"{len(draft.differences)} changes"
            self._audit.record(author, "publish", f"configuration {made.version}", outcome, place)
            self._published(draft.configuration)
        return made

    def earlier(self, number: int | None) -> ConfigVersion:
        """The version of a number; without one, the newest that says something else than what is in force.

        Raises:
            UserError: there is none.
        """
        if number is not None:
            found = self._versions.version(number)
        else:
            versions = self._versions.history()
            found = next((one for one in versions if one.document != versions[0].document), None)
        if found is None:
            which = "earlier version" if number is None else f"version {number}"
            raise UserError(f"There is no {which}.", "See `bellwether config history`.")
        return found

    def history(self, limit: int) -> list[HistoryLine]:
        """The newest versions, with what each changed."""
        versions = self._versions.history(limit + 1)
        olders: list[ConfigVersion | None] = [*versions[1:], None]
        lines = [
            HistoryLine(one.version, one.published_at, one.author, one.note, self._changed(older, one))
            for one, older in zip(versions, olders, strict=True)
        ]
        return lines[:limit]

    def _compared(
        self, document: ConfigurationDocument, text: str, before: Configuration, basis: int
    ) -> Draft:
        after = document.configuration
        whole = wider(before, after)
        known = uses(whole, self._catalogs(whole))
        in_use = tuple(disconnected(before, after, known))
        document.refuse(
            [
                *self._problems(document),
                *(Problem(one.path, one.sentence()) for one in in_use if not one.replaced),
                *removed_in_use(before, after, known),
            ]
        )
        found = differences(before, after, self._catalogs)
        parts = edited(found, before, after)
        return Draft(
            text,
            after,
            basis,
            found,
            dependents(parts, known),
            (*confirmations(found, after, known), *_replaced(in_use)),
        )

    def _problems(self, document: ConfigurationDocument) -> list[Problem]:
        return check_against(document.configuration, self._catalogs(document.configuration))

    def _changed(self, older: ConfigVersion | None, newer: ConfigVersion) -> tuple[str, ...]:
        if older is None:
            return ("The first version.",) if newer.version == FIRST_VERSION else ()
        before, after = self._configurations.at(older.version), self._configurations.at(newer.version)
        if before is None or after is None:
            return (_UNREADABLE,)
        return tuple(one.sentence() for one in differences(before, after, self._catalogs)) or (
            "Nothing but its wording.",
        )


def _dependence(use: Use) -> str:
    text = f"{use.user.said()} uses {use.used.said()}."
    return text[:1].upper() + text[1:]


def _replaced(in_use: Sequence[InUse]) -> Iterator[str]:
    return (one.sentence() for one in in_use if one.replaced)
