"""Collecting what is wrong with a piece of Block Kit: (JSON pointer, message) pairs in Slack's manner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sandbox.slack import limits

Problem = tuple[str, str]
TEXT_KEYS = {"plain_text": {"type", "text", "emoji"}, "mrkdwn": {"type", "text", "verbatim"}}


class Check:
    """The problems found so far, and the questions that every rule asks."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def wrong(self, at: str, message: str) -> None:
        """Note a problem."""
        self.problems.append((at, message))

    def keys(self, at: str, thing: dict[str, Any], allowed: Iterable[str]) -> None:
        """Slack refuses properties that it does not know."""
        for name in thing.keys() - set(allowed):
            self.wrong(at, f"invalid additional property: {name}")

    def needed(self, at: str, thing: dict[str, Any], *names: str) -> None:
        """Properties that must be there."""
        for name in names:
            if thing.get(name) is None:
                self.wrong(at, f"missing required field: {name}")

    def string(self, at: str, thing: dict[str, Any], name: str, most: int, least: int = 0) -> None:
        """A property that is a string of some length; absent is fine."""
        value = thing.get(name)
        if value is None:
            return
        if not isinstance(value, str):
            self.wrong(f"{at}/{name}", "must provide a string")
        elif len(value) > most:
            self.wrong(f"{at}/{name}", f"must be less than {most + 1} characters")
        elif len(value) < least:
            self.wrong(f"{at}/{name}", f"must be more than {least - 1} characters")

    def one_of(self, at: str, thing: dict[str, Any], name: str, allowed: Iterable[str]) -> None:
        """A property with a few possible values; absent is fine."""
        if (value := thing.get(name)) is not None and value not in tuple(allowed):
            self.wrong(f"{at}/{name}", "is not an allowed value")

    def number(self, at: str, thing: dict[str, Any], name: str, least: int, most: int) -> None:
        """A whole number within bounds; absent is fine."""
        value = thing.get(name)
        whole = isinstance(value, int) and not isinstance(value, bool)
        if value is not None and not (whole and least <= value <= most):
            self.wrong(f"{at}/{name}", f"must be a number from {least} to {most}")

    def items(
        self, at: str, thing: dict[str, Any], name: str, most: int, least: int = 1
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """The objects of a list with their pointers; notes a wrong count and entries that are no objects."""
        value = thing.get(name)
        if value is None:
            return
        if not isinstance(value, list):
            self.wrong(f"{at}/{name}", "must provide an array")
            return
        if len(value) > most:
            self.wrong(f"{at}/{name}", f"no more than {most} items allowed")
        if len(value) < least:
            self.wrong(f"{at}/{name}", f"must contain at least {least} items")
        for place, item in enumerate(value):
            if isinstance(item, dict):
                yield f"{at}/{name}/{place}", item
            else:
                self.wrong(f"{at}/{name}/{place}", "must provide an object")

    def object(self, at: str, thing: dict[str, Any], name: str) -> dict[str, Any] | None:
        """A property that is an object; None (noted) when it is something else, None when absent."""
        value = thing.get(name)
        if value is None or isinstance(value, dict):
            return value
        self.wrong(f"{at}/{name}", "must provide an object")
        return None

    def text(
        self,
        at: str,
        thing: dict[str, Any],
        name: str,
        most: int,
        *,
        plain: bool = False,
        needed: bool = False,
    ) -> None:
        """A text object; ``plain`` refuses mrkdwn."""
        if needed:
            self.needed(at, thing, name)
        if (value := self.object(at, thing, name)) is not None:
            self.text_object(f"{at}/{name}", value, most, plain=plain)

    def text_object(self, at: str, value: dict[str, Any], most: int, *, plain: bool = False) -> None:
        """The text object itself."""
        kind = str(value.get("type"))
        if kind not in TEXT_KEYS or (plain and kind != "plain_text"):
            self.wrong(
                f"{at}/type", "must be one of: plain_text" if plain else "must be plain_text or mrkdwn"
            )
            return
        self.keys(at, value, TEXT_KEYS[kind])
        self.needed(at, value, "text")
        self.string(at, value, "text", most, least=1)

    def identifier(self, at: str, thing: dict[str, Any], name: str) -> None:
        """A ``block_id``, ``action_id`` or ``callback_id``."""
        self.string(at, thing, name, limits.IDENTIFIER)
