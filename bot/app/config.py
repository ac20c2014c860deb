"""Reading and checking the configuration: every problem says file, line, key and what was probably meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from pydantic import ValidationError

from bot.app.config_document import Path, Problem, Text, read_text
from bot.app.config_rules import rule_problems
from bot.app.config_shape import shape_problems
from bot.app.errors import ConfigurationError
from bot.app.ports import ConfigVersions
from scoring.config import Configuration, RfmSegmentation
from scoring.criteria.errors import CriteriaError
from scoring.criteria.fields import Catalog
from scoring.criteria.parse import parse
from scoring.labels import fields_used

# Works on any Zoho organisation that uses the standard modules; written by `bellwether init`.
STARTING_DOCUMENT = files("bot.app").joinpath("starting.yaml").read_text(encoding="utf-8")


@dataclass(frozen=True)
class ConfigurationDocument:
    """A document that has been read: what it says, and where it says it."""

    configuration: Configuration
    text: Text

    def refuse(self, problems: Sequence[Problem]) -> None:
        """Raise when there is a problem, with file and line.

        Raises:
            ConfigurationError: all of them, one a line.
        """
        self.text.refuse(problems)


@dataclass(frozen=True)
class Catalogs:
    """The fields that the document's criteria may use."""

    accounts: Catalog
    transactions: Catalog


def read_document(text: str, source: str) -> ConfigurationDocument:
    """Read a document and check everything that can be checked without the organisation's fields.

    Raises:
        ConfigurationError: all problems, one a line: ``file:line: what is wrong``.
    """
    read = read_text(text, source)
    try:
        configuration = Configuration.model_validate(read.values)
    except ValidationError as error:
        read.refuse(shape_problems(error, read.values))
        raise
    read.refuse(list(rule_problems(configuration)))
    return ConfigurationDocument(configuration, read)


def read_configuration(text: str, source: str) -> Configuration:
    """The configuration that a document describes.

    Raises:
        ConfigurationError: as ``read_document``.
    """
    return read_document(text, source).configuration


def json_schema() -> dict[str, Any]:
    """The document's JSON Schema, for editors."""
    return Configuration.model_json_schema() | {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Bellwether configuration",
    }


def check_against(configuration: Configuration, catalogs: Catalogs) -> list[Problem]:
    """Everything in the criteria that does not fit the organisation's fields."""
    return [
        problem
        for at, segmentation in enumerate(configuration.segmentations)
        for problem in _segmentation_problems(("segmentations", at), segmentation, catalogs)
    ] + [
        problem
        for at, segment in enumerate(configuration.segments)
        for problem in _criteria_problems(("segments", at, "criteria"), segment.criteria, catalogs.accounts)
    ]


def _segmentation_problems(
    path: Path, segmentation: RfmSegmentation, catalogs: Catalogs
) -> Iterator[Problem]:
    yield from _criteria_problems(
        (*path, "accounts"), segmentation.accounts, catalogs.accounts, _not_from_scores
    )
    yield from _criteria_problems((*path, "transactions"), segmentation.transactions, catalogs.transactions)
    for at, label in enumerate(segmentation.labels):
        yield from _criteria_problems(
            (*path, "labels", at, "when"), label.when, catalogs.accounts, _not_from_labels
        )


def _criteria_problems(
    path: Path, text: str, catalog: Catalog, forbidden: Callable[[str], str | None] = lambda _: None
) -> Iterator[Problem]:
    try:
        node = parse(text, catalog)
    except CriteriaError as error:
        near = "" if error.position is None else _near(text, error.position)
        yield Problem(path, f"{path[-1]}: {error}{near}", error.position)
        return
    for name in sorted(fields_used(node, catalog)):
        found = catalog.find(name)
        why_not = forbidden(found.source) if found is not None else None
        if why_not is not None:
            yield Problem(path, f"{path[-1]}: '{name}' {why_not}")


def _near(text: str, position: int) -> str:
    rest = " ".join(text[position:].split())
    return f" (at '{rest[:30]}')" if rest else " (at its end)"


def _not_from_scores(source: str) -> str | None:
    if source.startswith(("score.", "label:")):
        return "comes from the scores, which are made of the accounts that this chooses; use account fields."
    return None


def _not_from_labels(source: str) -> str | None:
    if source.startswith(("score.label", "label:")):
        return "is what these criteria decide; use r, f, m, rfm, purchases, total_spend or account fields."
    return None


@dataclass(frozen=True, slots=True)
class Published:
    """A published version of the configuration."""

    version: int
    configuration: Configuration


class PublishedConfigurations:
    """The published configurations as values. Each version is read once: a version never changes."""

    def __init__(self, versions: ConfigVersions) -> None:
        self._versions = versions
        self._read: dict[int, Configuration] = {}

    def current(self) -> Published:
        """The version in force.

        Raises:
            ConfigurationError: none was published, or it cannot be used by this release.
        """
        latest = self._versions.latest()
        if latest is None:
            raise ConfigurationError(
                "No configuration is published.", "Run `bellwether config apply bellwether.yaml`."
            )
        number, text = latest
        return Published(number, self._known(number, text))

    def at(self, version: int) -> Configuration | None:
        """An earlier version; None when there is none, or when this release cannot read it."""
        text = self._versions.document(version)
        try:
            return None if text is None else self._known(version, text)
        except ConfigurationError:
            return None

    def _known(self, version: int, text: str) -> Configuration:
        if version not in self._read:
            self._read[version] = read_configuration(text, f"configuration version {version}")
        return self._read[version]
