"""A statement of the pass: a text with named values, and what comes back. Nothing here runs one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

# What the engine has to have: what counts (account_id, occurred_on, amount_minor, and is_purchase: 1, or 0 of
# what only gives money back), of which some may be later than the day, and the accounts that take part
# (account_id).
PURCHASES, ACCOUNTS = "purchases", "accounts"
# What it keeps for the rest of the pass, one row an account with money: account_id, and the measures; without
# a purchase the day is null and the number 0.
FACTS = "bw_facts"
_MARK = re.compile(r":([a-z_]\w*)|\{([a-z]+)\}")

Value = int | date


@dataclass(frozen=True, slots=True)
class Statement:
    """One question to an engine.

    Attributes:
        text: SQL in which ``:name`` is a value and ``{name}`` one of the engine's relations.
        values: by name; whole numbers, and one day.
        columns: of the result, in order; all are whole numbers but ``account_id``.
        keep: the result is kept under this name instead of being given back.
    """

    text: str
    values: Mapping[str, Value]
    columns: tuple[str, ...]
    keep: str | None = None

    def written(self, value: Callable[[str], str], relation: Callable[[str], str]) -> str:
        """The text with values and relations as an engine writes them."""
        return _MARK.sub(lambda mark: value(mark[1]) if mark[1] else relation(mark[2]), self.text)


@dataclass
class Values:
    """Values under names of their own, as they are put into a text."""

    named: dict[str, Value] = field(default_factory=dict)

    def put(self, value: Value) -> str:
        """The mark that stands for a value in the text."""
        name = f"v{len(self.named)}"
        self.named[name] = value
        return f":{name}"


def joined(word: str, parts: list[str]) -> str:
    """Conditions joined by AND or OR, in halves: a chain of a thousand is too deep for SQLite."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return f"({joined(word, parts[:middle])} {word} {joined(word, parts[middle:])})"
