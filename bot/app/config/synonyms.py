"""Adding a word to ``synonyms:`` of the document's text. Every other character of it stays as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from bot.app.config.published import read_configuration
from bot.app.errors import ConfigurationError

_KEY: Final = "synonyms"
# Texts that YAML reads as themselves without quotation marks, and that are no number, date, yes or no.
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z]+(?: [A-Za-z]+)*")
_NOT_TEXTS: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off"})


def with_synonym(text: str, field: str, value: str, word: str) -> str:
    """The document in which a word means a value of a field; the same text when it does already.

    Args:
        text: a document that is in force.
        field: the field's canonical name.
        value: as the organisation spells it.
        word: what people say.

    Raises:
        ConfigurationError: the document would not say the same otherwise.
    """
    groups = _value(YAML(typ="safe", pure=True).compose(text), _KEY)
    same = next((one for one in _words_of(groups, field) if value.casefold() in _texts(one)), None)
    if same is not None and word.casefold() in _texts(same):
        return text
    if same is not None:
        made = _appended(text, same, _written(word))
    elif isinstance(groups, SequenceNode) and groups.value:
        made = _appended(text, groups, _group(field, value, word))
    else:
        made = _begun(text, groups, _group(field, value, word))
    _require_same_otherwise(text, made, word)
    return made


def _value(node: Any, key: str) -> Node | None:
    pairs = node.value if isinstance(node, MappingNode) else ()
    return next((found for name, found in pairs if name.value == key), None)


def _words_of(groups: Node | None, field: str) -> Iterator[SequenceNode]:
    """The words of each group of a field."""
    for one in groups.value if isinstance(groups, SequenceNode) else ():
        of, same = _value(one, "field"), _value(one, "same")
        named = isinstance(of, ScalarNode) and str(of.value).casefold() == field.casefold()
        if named and isinstance(same, SequenceNode):
            yield same


def _texts(node: SequenceNode) -> set[str]:
    return {str(one.value).casefold() for one in node.value}


def _group(field: str, value: str, word: str) -> str:
    return f"{{field: {_written(field)}, same: [{_written(value)}, {_written(word)}]}}"


def _written(text: str) -> str:
    plain = _PLAIN.fullmatch(text) is not None and text.casefold() not in _NOT_TEXTS
    return text if plain else json.dumps(text, ensure_ascii=False)


def _appended(text: str, node: SequenceNode, item: str) -> str:
    """One more item at the end of a list, as its items are written: in brackets, or a line each."""
    last = node.value[-1]
    if node.flow_style:
        at = last.end_mark.index
        return f"{text[:at]}, {item}{text[at:]}"
    at = _end_of_line(text, _last_leaf(last).end_mark.index)
    dash = " " * node.start_mark.column
    return f"{text[:at]}\n{dash}- {item}{text[at:]}"


def _begun(text: str, groups: Node | None, item: str) -> str:
    """The first synonym of a document."""
    if groups is None:
        return f"{text.rstrip()}\n{_KEY}:\n  - {item}\n"
    return f"{text[: groups.start_mark.index].rstrip()} [{item}]{text[groups.end_mark.index :]}"


def _last_leaf(node: Node) -> Node:
    """The part that ends where the text of a list or mapping does; behind it there may be comments."""
    if not isinstance(node, MappingNode | SequenceNode) or node.flow_style or not node.value:
        return node
    last = node.value[-1]
    return _last_leaf(last[1] if isinstance(node, MappingNode) else last)


def _end_of_line(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found


def _require_same_otherwise(before: str, after: str, word: str) -> None:
    """The edit must have changed these synonyms and nothing else."""
    old, new = (read_configuration(one, "the configuration") for one in (before, after))
    learnt = any(word in one.same for one in new.synonyms)
    if not learnt or old.model_copy(update={_KEY: ()}) != new.model_copy(update={_KEY: ()}):
        raise ConfigurationError(
            f"“{word}” cannot be added without changing something else.",
            "Add it under synonyms: in the document, and run `bellwether config apply`.",
        )
