"""The configuration's text: YAML with the line of every key, and problems said with file, line and key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scalarstring import LiteralScalarString, ScalarString

from bot.app.errors import ConfigurationError

Path = tuple[str | int, ...]
_LONGEST_TEXT = 1_000_000  # characters; a document that a person keeps has some thousands


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a configuration.

    Attributes:
        path: keys and indexes that lead to it.
        message: one sentence or more for a person, without the place.
        position: index of the character in the text at ``path`` that it speaks of, for criteria.
    """

    path: Path
    message: str
    position: int | None = None


@dataclass(frozen=True)
class Text:
    """A YAML document that has been read, with its lines.

    Attributes:
        source: how the document is called in messages: its file's name.
        values: its plain content: mappings, lists, texts, numbers.
        tree: the same as it was read, with comments and lines.
    """

    source: str
    values: dict[str, Any]
    tree: CommentedMap = field(repr=False, compare=False)

    def line(self, problem: Problem) -> int:
        """The line (from 1) of the key or list item that a problem speaks of; if absent, its parent's."""
        here: Any = self.tree
        line = 0
        for step in problem.path:
            found = _step(here, step)
            if found is None:
                return line + 1
            line, here = found
        if problem.position and isinstance(here, LiteralScalarString):
            line += 1 + here[: problem.position].count("\n")
        return line + 1

    def refuse(self, problems: Iterable[Problem]) -> None:
        """Raise when there is a problem.

        Raises:
            ConfigurationError: all of them, one a line, in the order of the document.
        """
        placed = sorted(((self.line(one), one.message) for one in problems), key=lambda one: one[0])
        if placed:
            raise ConfigurationError("\n".join(f"{self.source}:{line}: {said}" for line, said in placed))


def read_text(text: str, source: str) -> Text:
    """Read YAML.

    Raises:
        ConfigurationError: it is not YAML, a key stands twice, or it is not a mapping; with the line.
    """
    if len(text) > _LONGEST_TEXT:
        raise ConfigurationError(f"{source}: the document is longer than {_LONGEST_TEXT:,} characters.")
    try:
        tree = YAML(typ="rt").load(text)
        plain = _plain(tree)
    except DuplicateKeyError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigurationError(f"{source}:{line}: {_duplicate(error)}") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        said = " ".join(str(part) for part in (error.context, error.problem) if part)
        raise ConfigurationError(f"{source}:{line}: this is not YAML: {said}.") from None
    except (YAMLError, RecursionError, ValueError) as error:
        raise ConfigurationError(f"{source}:1: this is not YAML: {error}") from None
    if not isinstance(tree, CommentedMap):
        raise ConfigurationError(f"{source}:1: the document has to be a list of keys with values.")
    return Text(source, plain, tree)


def _duplicate(error: DuplicateKeyError) -> str:
    said = str(error.problem).partition(" with value")[0]
    return f"{said}: it stands twice in the same place; keep one."


def _step(here: Any, step: str | int) -> tuple[int, Any] | None:
    """Line (from 0) and value of a child, when there is one."""
    if isinstance(here, CommentedMap) and step in here:
        return here.lc.key(step)[0], here[step]
    if isinstance(here, CommentedSeq) and isinstance(step, int) and step < len(here):
        return here.lc.item(step)[0], here[step]
    return None


def _plain(node: Any) -> Any:
    """Without the loader's own types, which carry comments and lines."""
    if isinstance(node, Mapping):
        return {key: _plain(value) for key, value in node.items()}
    if isinstance(node, ScalarString):
        return str(node)
    if isinstance(node, Sequence) and not isinstance(node, str):
        return [_plain(value) for value in node]
    return node
