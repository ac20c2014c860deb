"""Reading and checking the configuration: every problem says file, line, key and what was probably meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from bot.app.config.document import Problem, Text, read_text
from bot.app.config.rules import rule_problems
from bot.app.config.shape import shape_problems
from bot.app.errors import ConfigurationError
from bot.app.ports import ConfigVersions
from scoring.config import DEFAULT_TECHNIQUE, Configuration


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


@lru_cache(maxsize=32)
def read_configuration(text: str, source: str) -> Configuration:
    """The configuration that a document describes. It cannot be changed, so the same text is read once.

    Raises:
        ConfigurationError: as ``read_document``.
    """
    return read_document(text, source).configuration


def json_schema() -> dict[str, Any]:
    """The document's JSON Schema, for editors."""
    schema = Configuration.model_json_schema()
    for part in schema["$defs"].values():
        # Whoever names no technique means RFM, so that every other one has to be named.
        technique = part.get("properties", {}).get("technique", {}).get("const")
        if technique not in (None, DEFAULT_TECHNIQUE):
            part["required"] = [*part.get("required", ()), "technique"]
    return schema | {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Bellwether configuration",
    }


@dataclass(frozen=True, slots=True)
class ConfigVersion:
    """A published version: what, by whom, when and why."""

    version: int
    published_at: datetime
    author: str
    note: str
    document: str


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


class CandidateConfiguration(PublishedConfigurations):
    """The published configurations, as if one more were in force."""

    def __init__(self, versions: ConfigVersions, candidate: Published) -> None:
        super().__init__(versions)
        self._candidate = candidate

    def current(self) -> Published:
        """The candidate."""
        return self._candidate
