"""From an address to what answers it: addresses with the same number of parts, the first that fits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Route(Generic[T]):
    """An address with names in braces, split at its slashes, and what answers it."""

    names: tuple[tuple[int, str], ...]
    fixed: tuple[tuple[int, str], ...]
    target: T


class Routes(Generic[T]):
    """All addresses, in the order in which they are tried."""

    def __init__(self, targets: Iterable[tuple[str, T]]) -> None:
        self._by_length: dict[int, list[Route[T]]] = {}
        for template, target in targets:
            parts = tuple(template.split("/"))
            names = tuple((at, one[1:-1]) for at, one in enumerate(parts) if one.startswith("{"))
            fixed = tuple((at, one) for at, one in enumerate(parts) if not one.startswith("{"))
            self._by_length.setdefault(len(parts), []).append(Route(names, fixed, target))

    def find(self, path: str) -> tuple[T, dict[str, str]] | None:
        """What answers a path, with the values of the names in its address."""
        parts = path.split("/")
        for route in self._by_length.get(len(parts), ()):
            if all(parts[at] == one for at, one in route.fixed):
                names = {name: parts[at] for at, name in route.names}
                if all(names.values()):
                    return route.target, names
        return None
