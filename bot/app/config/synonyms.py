"""Adding a word to ``synonyms:`` of the document's text. Comments and everything else stay as they are."""

from __future__ import annotations

import io
import re
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from bot.app.config.published import read_configuration
from bot.app.errors import ConfigurationError

_KEY = "synonyms"
_FLUSH_LIST = re.compile(r"^\w+:[^\S\n]*(?:#[^\n]*)?\n(?:[^\S\n]*#[^\n]*\n)*- ", re.MULTILINE)
_WIDEST = 110


def with_synonym(text: str, field: str, value: str, word: str) -> str:
    """The document in which a word means a value of a field; the same text when it does already.

    Args:
        text: a document that is in force.
        field: the field's canonical name.
        value: as the organisation spells it.
        word: what people say.

    Raises:
        ConfigurationError: the document cannot be read, or would not say the same otherwise.
    """
    yaml = _yaml(text)
    document = yaml.load(text)
    if not isinstance(document, CommentedMap):
        raise ConfigurationError("The configuration is no list of keys with values.")
    group = _group(document, field, value)
    known = {str(one).casefold() for one in group["same"]}
    if word.casefold() in known:
        return text
    group["same"].append(word)
    written = io.StringIO()
    yaml.dump(document, written)
    _require_same_otherwise(text, written.getvalue(), field)
    return written.getvalue()


def _yaml(text: str) -> YAML:
    """Writes lists as the document does: at the margin, or set in by two."""
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = _WIDEST
    flush = bool(_FLUSH_LIST.search(text))
    yaml.indent(mapping=2, sequence=2 if flush else 4, offset=0 if flush else 2)
    return yaml


def _group(document: CommentedMap, field: str, value: str) -> Any:
    """The words that mean the value; a new group at the end when there is none."""
    groups = document.get(_KEY)
    if not isinstance(groups, list):
        groups = document[_KEY] = CommentedSeq()
    for one in groups:
        same = [str(word).casefold() for word in one["same"]]
        if str(one["field"]).casefold() == field.casefold() and value.casefold() in same:
            return one
    same = CommentedSeq([value])
    same.fa.set_flow_style()
    group = CommentedMap(field=field, same=same)
    groups.append(group)
    return group


def _require_same_otherwise(before: str, after: str, field: str) -> None:
    """Writing YAML anew must change nothing but these synonyms."""
    old, new = (read_configuration(one, "the configuration") for one in (before, after))
    if old.model_copy(update={_KEY: ()}) != new.model_copy(update={_KEY: ()}):
        raise ConfigurationError(
            f"The word for {field} cannot be added without changing something else.",
            "Add it under synonyms: in the document, and run `bellwether config apply`.",
        )
