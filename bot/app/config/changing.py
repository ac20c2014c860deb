"""One entry of the document's text changed, added or taken out; all else says what it said before.

The document is read and written as a whole: its comments stay, its spelling (quotes, line breaks) may change.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from typing import Any, Final, Literal

from ruamel.yaml import YAML

from bot.app.config.document import read_text
from bot.app.errors import ConfigurationError, UserError

Kind = Literal["segment", "label", "route"]
_SOURCE: Final = "configuration"
_WIDTH: Final = 110


@dataclass(frozen=True, slots=True)
class Entry:
    """Which entry it is.

    Attributes:
        of: the segmentation of a label; empty for others.
    """

    kind: Kind
    name: str
    of: str = ""

    def said(self) -> str:
        """As people call it: ``label 'VIP' of 'RFM'``."""
        return f"{self.kind} '{self.name}'" + (f" of '{self.of}'" if self.of else "")


def entries(text: str) -> Iterator[tuple[Entry, Mapping[str, Any]]]:
    """Every segment, route and label with criteria that stands in the document, with what it says.

    Raises:
        ConfigurationError: the text is no document.
    """
    values = read_text(text, _SOURCE).values
    for one in _list(values, "segments"):
        yield Entry("segment", str(one.get("name"))), one
    for one in _list(values.get("alerts") or {}, "routes"):
        yield Entry("route", str(one.get("name"))), one
    for segmentation in _list(values, "segmentations"):
        for one in _list(segmentation, "labels"):
            if "when" in one:
                yield Entry("label", str(one.get("name")), str(segmentation.get("name"))), one


def labels_beside(text: str, entry: Entry) -> tuple[str, ...]:
    """The labels of a label's segmentation, in the order in which they are tried; nothing for others."""
    if entry.kind != "label":
        return ()
    held = next(
        (
            _list(one, "labels")
            for one in _list(read_text(text, _SOURCE).values, "segmentations")
            if str(one.get("name")) == entry.of
        ),
        [],
    )
    return tuple(str(one.get("name")) for one in held)


def with_entry(text: str, entry: Entry, changes: Mapping[str, Any] | None, place: int | None = None) -> str:
    """The document with an entry changed, or with a new one at the end of its list. Nothing else is checked.

    Args:
        text: the document.
        entry: which one; a segment or route that is not there is added.
        changes: key -> value, None to take the key out; None: the entry is taken out.
        place: where in its list it is to stand, from 0; None: where it is.

    Raises:
        UserError: there is no such label, or nothing to take out.
        ConfigurationError: the text is no document, or it cannot be written so that it says just that.
    """
    wanted = copy.deepcopy(read_text(text, _SOURCE).values)
    _change(wanted, entry, changes, place)
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = _WIDTH
    tree = yaml.load(text)
    _change(tree, entry, changes, place)
    into = StringIO()
    yaml.dump(tree, into)
    made = into.getvalue()
    if read_text(made, _SOURCE).values != wanted:
        raise ConfigurationError(
            f"The {entry.said()} cannot be changed in the document as it is written.",
            "Change it in the file by hand, and run `bellwether config apply`.",
        )
    return made


def _list(values: Any, key: str) -> list[Any]:
    found = values.get(key) if isinstance(values, Mapping) else None
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _change(tree: Any, entry: Entry, changes: Mapping[str, Any] | None, place: int | None) -> None:
    held = _holder(tree, entry)
    at = next((at for at, one in enumerate(held) if str(one.get("name")) == entry.name), None)
    if changes is None:
        if at is None:
            raise UserError(f"There is no {entry.said()} any more.")
        del held[at]
    elif at is None:
        held.append({"name": entry.name} | {key: one for key, one in changes.items() if one is not None})
    else:
        for key, value in changes.items():
            if value is not None:
                held[at][key] = value
            elif key in held[at]:
                del held[at][key]
        if place is not None:
            moved = held[at]
            del held[at]
            held.insert(place, moved)


def _holder(tree: Any, entry: Entry) -> Any:
    """The list in which the entry stands, made where there is none yet."""
    if entry.kind == "label":
        for segmentation in _list(tree, "segmentations"):
            if str(segmentation.get("name")) == entry.of and segmentation.get("labels") is not None:
                return segmentation["labels"]
        raise UserError(f"There is no {entry.said()} any more.")
    if entry.kind == "route":
        if tree.get("alerts") is None:
            tree["alerts"] = {}
        tree, key = tree["alerts"], "routes"
    else:
        key = "segments"
    if tree.get(key) is None:
        tree[key] = []
    return tree[key]
