"""What differs between two configurations, in words. Criteria that only look different do not differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from bot.app.config.criteria import Catalogs
from bot.app.config.places import places
from scoring.config import Configuration

Change = Literal["added", "removed", "changed", "renamed", "reordered"]
Values = Mapping[str, Any]
# List -> what one of its members is called; what stands in it has a name, or is known by these keys.
_MEMBERS: Mapping[str, str] = {
    "segmentations": "segmentation",
    "segments": "segment",
    "routes": "route",
    "labels": "label",
    "channels": "channel",
    "competitors": "competitor",
    "groups": "group of market segments",
    "finance": "Finance product",
    "synonyms": "synonyms",
}
# Keys that say nothing which their members do not say.
_UNSAID = frozenset({"alerts", "markets"})
_NOTHING: tuple[Any, ...] = (None, "", [])
_LONGEST = 160  # letters of a value in a sentence
_CRITERIA = frozenset({"when", "criteria", "accounts", "transactions", "quiet"})
_NAMES: Mapping[str, str] = {"when": "criteria"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs.

    Attributes:
        path: keys and members' names that lead to it, such as ``segments``, ``Win back``, ``criteria``.
        change: what became of it; a member that is called otherwise and is the same is renamed.
        before: what stood there, as JSON values; the order of names where that changed.
        after: what stands there.
    """

    path: tuple[str, ...]
    change: Change
    before: Any = None
    after: Any = None

    def sentence(self) -> str:
        """For a person: ``Segment 'Win back', criteria: label = Lost → label = Hibernating``."""
        subject = _subject(self.path)
        match self.change:
            case "added" | "removed":
                return f"{subject}{_described(self.after or self.before)} is {self.change}."
            case "renamed":
                return f"{subject} is called '{self.after}' now."
            case "reordered":
                return f"{subject}: another order, {', '.join(map(str, self.after))}."
            case "changed":
                return f"{subject}: {_value(self.before)} → {_value(self.after)}"

    def as_json(self) -> dict[str, Any]:
        """JSON values only."""
        return {**asdict(self), "path": list(self.path), "sentence": self.sentence()}


def differences(
    before: Configuration, after: Configuration, catalogs: Callable[[Configuration], Catalogs]
) -> tuple[Difference, ...]:
    """Everything that differs, in the order of the document.

    Args:
        before: the earlier one.
        after: the later one.
        catalogs: the fields that a configuration's criteria may use; asked for only if criteria differ.
    """
    old, new = (one.model_dump(mode="json", by_alias=True) for one in (before, after))
    found = tuple(_of_mappings((), old, new))
    if not any(_may_be_criteria(one) for one in found):
        return found
    return tuple(
        _of_mappings((), _canonical(old, before, catalogs(before)), _canonical(new, after, catalogs(after)))
    )


def _may_be_criteria(difference: Difference) -> bool:
    return difference.path[-1] in _CRITERIA or difference.change in {"added", "removed"}


def _canonical(values: dict[str, Any], configuration: Configuration, catalogs: Catalogs) -> dict[str, Any]:
    """The document's values with its criteria in canonical text."""
    for place in places(configuration, catalogs):
        here: Any = values
        for step in place.path[:-1]:
            here = here[step]
        here[place.path[-1]] = place.canonical()
    return values


def _of_mappings(path: tuple[str, ...], before: Values, after: Values) -> Iterator[Difference]:
    for key in dict.fromkeys((*before, *after)):
        yield from _of_values((*path, key), before.get(key), after.get(key))


def _of_values(path: tuple[str, ...], before: Any, after: Any) -> Iterator[Difference]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _of_mappings(path, before, after)
    elif isinstance(before, list) and isinstance(after, list):
        members = path[-1] in _MEMBERS and all(isinstance(one, dict) for one in (*before, *after))
        yield from (_of_members if members else _of_lists)(path, before, after)
    else:
        yield Difference(path, "changed", before, after)


def _of_members(path: tuple[str, ...], before: list[Values], after: list[Values]) -> Iterator[Difference]:
    old, new = _by_name(before), _by_name(after)
    renamed = _renamed(old, new)
    for name, new_name in renamed.items():
        yield Difference((*path, name), "renamed", name, new_name)
    for name in old:
        if name not in new and name not in renamed:
            yield Difference((*path, name), "removed", before=old[name])
    for name in new:
        if name in old:
            yield from _of_values((*path, name), old[name], new[name])
        elif name not in renamed.values():
            yield Difference((*path, name), "added", after=new[name])
    stayed = [renamed.get(name, name) for name in old if name in new or name in renamed]
    order = [name for name in new if name in stayed]
    if stayed != order:
        yield Difference(path, "reordered", stayed, order)


def _by_name(members: Sequence[Values]) -> dict[str, Values]:
    """Members by what they are called; a second of the same name is numbered, where a list allows it."""
    found: dict[str, Values] = {}
    for one in members:
        name, number = _name_of(one), 1
        while name in found:
            number += 1
            name = f"{_name_of(one)} ({number})"
        found[name] = one
    return found


def _name_of(member: Values) -> str:
    if "name" in member:
        return str(member["name"])
    if "product" in member:
        return str(member["product"])
    same = member.get("same") or [""]
    return f"{member.get('field')}: {same[0]}"


def _renamed(old: Mapping[str, Values], new: Mapping[str, Values]) -> dict[str, str]:
    gone = [name for name in old if name not in new]
    come = [name for name in new if name not in old]
    found: dict[str, str] = {}
    for name in gone:
        same = (one for one in come if "name" in new[one] and {**new[one], "name": name} == old[name])
        for one in same:
            if one not in found.values():
                found[name] = one
                break
    return found


def _of_lists(path: tuple[str, ...], before: list[Any], after: list[Any]) -> Iterator[Difference]:
    """Lists of texts differ by what is in them; of others the whole is told."""
    if not all(isinstance(one, str) for one in (*before, *after)):
        yield Difference(path, "changed", before, after)
        return
    yield from (Difference(path, "removed", one) for one in before if one not in after)
    yield from (Difference(path, "added", after=one) for one in after if one not in before)
    if sorted(before) == sorted(after):
        yield Difference(path, "reordered", before, after)


def _subject(path: tuple[str, ...]) -> str:
    """What a path leads to: ``Segmentation 'RFM', label 'VIP', criteria``."""
    said: list[str] = []
    steps, plain = iter(path), list[str]()
    for step in steps:
        name = next(steps, None) if step in _MEMBERS else None
        if name is None:
            plain.append(_NAMES.get(step, step))
            continue
        said += [one for one in plain if one not in _UNSAID]
        plain = []
        said.append(f"{_MEMBERS[step]} '{name}'")
    text = ", ".join([*said, *([".".join(plain)] if plain else [])])
    return text[:1].upper() + text[1:]


def _described(member: Any) -> str:
    """What a new or a former member is, where it can be said in a few words."""
    if not isinstance(member, dict):
        return f": {_value(member)}"
    for key in ("when", "criteria", "technique", "channel", "to", "at_least", "same"):
        if member.get(key) not in _NOTHING:
            return f" ({_value(member[key])})"
    return ""


def _value(value: Any) -> str:
    if value in _NOTHING:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        text = ", ".join(f"{key} {_value(one)}" for key, one in value.items() if one not in _NOTHING)
    elif isinstance(value, list):
        text = ", ".join(f"({_value(one)})" if isinstance(one, dict) else _value(one) for one in value)
    else:
        text = str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
