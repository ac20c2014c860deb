"""What an edit of the document reaches: which parts it edits, and what has to be confirmed or refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.app.config.diff import Difference
from bot.app.config.document import Path, Problem
from bot.app.config.uses import Part, Use, dependents, labels_of
from scoring.config import Configuration

_EVERYTHING = frozenset({"mapping", "organisation"})  # they decide every score
_SPEAKING = frozenset({"segment", "route"})


def edited(found: Sequence[Difference], before: Configuration, after: Configuration) -> tuple[Part, ...]:
    """The parts that differences edit."""
    parts = [part for one in found for part in _parts(one, before, after)]
    return tuple(dict.fromkeys(parts))


def confirmations(found: Sequence[Difference], after: Configuration, known: Sequence[Use]) -> tuple[str, ...]:
    """A sentence for each edit of a label's criteria, or of what decides all labels, that others stand on."""
    told: dict[str, tuple[Part, ...]] = {}
    for one in found:
        if one.path[0] == "segmentations" and one.change in {"changed", "reordered", "added", "removed"}:
            told |= _edits_of_labels(one, after)
    sentences = ((said, _users(dependents(parts, known))) for said, parts in told.items())
    return tuple(f"{said}; used by {users}." for said, users in sentences if users)


def removed_in_use(before: Configuration, after: Configuration, known: Sequence[Use]) -> Iterator[Problem]:
    """Labels that the later document does not have any more, and that its segments still name."""
    for segmentation in before.segmentations:
        name = segmentation.name
        stay = set(labels_of(after, name))
        for label in labels_of(before, name):
            users = "" if label in stay else _users([one for one in known if _names(one, label)])
            if users:
                yield Problem(
                    _where(after, name),
                    f"the {label.said()} cannot be removed or renamed: it is used by {users}. "
                    "Change that in the same document.",
                )


def _names(use: Use, label: Part) -> bool:
    used = use.used
    same = used.label.casefold() == label.label.casefold()
    return used.kind == "label" and used.name == label.name and same and use.named


def _where(after: Configuration, name: str) -> Path:
    names = [one.name for one in after.segmentations]
    return ("segmentations", names.index(name), "labels") if name in names else ("segmentations",)


def _parts(one: Difference, before: Configuration, after: Configuration) -> Iterator[Part]:
    match one.path:
        case ("segmentations", name, "labels", label, *_):
            yield Part("label", name, label)
        case ("segmentations", name, *rest):
            if one.change != "added" or rest:
                yield from _whole(name, before if not rest else after)
        case ("segments", name, *_) if one.change != "added":
            yield Part("segment", name)
        case (section, *_) if section in _EVERYTHING:
            for segmentation in after.segmentations:
                yield from _whole(segmentation.name, after)


def _whole(name: str, configuration: Configuration) -> tuple[Part, ...]:
    return (Part("scores", name), Part("labels", name), *labels_of(configuration, name))


def _edits_of_labels(one: Difference, after: Configuration) -> dict[str, tuple[Part, ...]]:
    """What is said of an edit, and the parts that it edits; nothing where a whole part comes or goes."""
    match one.path:
        case ("segmentations", name, "labels", label, _, *_):
            said = f"The criteria of the label '{label}' of '{name}' are edited"
            return {said: (Part("label", name, label),)}
        case ("segmentations", name, "labels"):
            return {f"The order of the labels of '{name}' is edited": labels_of(after, name)}
        case ("segmentations", name, key, *_) if key != "labels":
            return {f"What decides the scores of '{name}' is edited": _whole(name, after)}
    return {}


def _users(found: Sequence[Use]) -> str:
    """Segments and routes by name; nothing where only routes that take everything are reached."""
    users = [one.user.said() for one in found if one.user.kind in _SPEAKING and one.named]
    names = [f"the {one}" for one in dict.fromkeys(users)]
    return ", ".join(names[:-1]) + (" and " if names[:-1] else "") + names[-1] if names else ""
