"""What criteria can speak of: fields with types and known values, not where they are stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class FieldType(StrEnum):
    """The type of a field, as a message to a person names it."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"  # compared as a Decimal of whole currency units; stored in minor units
    DATE = "date"
    BOOLEAN = "yes/no"
    LIST = "list"  # tags, multi-select picklists


@dataclass(frozen=True, slots=True)
class Field:
    """One field.

    Attributes:
        name: canonical name, as canonical text prints it (quoted when it is not a plain word).
        type: how it compares.
        source: where the store finds it; opaque here (for instance ``account.industry`` or ``raw:Tier``).
        aliases: other names a person may write: CRM API name, CRM label. Compared case-insensitively.
        values: the known values of a closed set (labels, picklists); empty when any value is possible.
        label: what a table's column is headed.
    """

    name: str
    type: FieldType
    source: str
    aliases: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    label: str = ""


@dataclass(frozen=True)
class Catalog:
    """The fields that criteria may use in one place (accounts, transactions, changes, scores)."""

    fields: tuple[Field, ...]
    _by_name: dict[str, Field] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        # Canonical names win over aliases, and earlier fields over later ones: mapped before CRM names.
        for one in self.fields:
            self._by_name.setdefault(one.name.casefold(), one)
        for one in self.fields:
            for alias in one.aliases:
                self._by_name.setdefault(alias.casefold(), one)

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    def find(self, name: str) -> Field | None:
        """The field of that name or alias, in any case; None when there is none."""
        return self._by_name.get(name.casefold())

    def names(self) -> Iterable[str]:
        """Every name and alias in folded form, for suggestions."""
        return self._by_name.keys()
