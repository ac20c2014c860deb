"""What is wrong in a part of the configuration document that its shape alone cannot say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """A place in the part, as keys and positions, and a sentence that says what to do."""

    path: tuple[str | int, ...]
    sentence: str


def standing_twice(path: tuple[str | int, ...], names: Sequence[str], what: str) -> Iterator[Problem]:
    """Names that differ from an earlier one by case at most."""
    folded = [name.casefold() for name in names]
    seen: set[str] = set()
    for at, name in enumerate(folded):
        if name in seen:
            yield Problem((*path, at), f"The {what} '{names[at]}' stands twice; names have to differ.")
        seen.add(name)


def label_problems(
    segmentation: str, labels: Sequence[str], fewest: int, most: int, limit: str
) -> Iterator[Problem]:
    """Too few labels, too many, or two of one name.

    Args:
        segmentation: its name.
        labels: their names, in order.
        fewest: labels that a segmentation needs.
        most: labels that the limit allows.
        limit: what that limit is called in the document.
    """
    if not fewest <= len(labels) <= most:
        yield Problem(
            ("labels",),
            f"'{segmentation}' has {len(labels)} label{'' if len(labels) == 1 else 's'}; there have to be "
            f"{fewest} to {most}. For more, raise limits.{limit}.",
        )
    yield from standing_twice(("labels",), labels, "label")
