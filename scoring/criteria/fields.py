"""What criteria can speak of: fields with types and known values, related records, saved segments.

Not where any of it is stored: a ``source`` is opaque here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from scoring.criteria.tree import Always, Node


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
        parts: a number that is stored in whole parts of one, as money is: 100 of hundredths. 1: as it is.
        in_days: a number that is a length of time in days, so that it can be compared with ``3 weeks``.
        in_percent: a number that is kept in percent: the 40 of 40%.
    """

    name: str
    type: FieldType
    source: str
    aliases: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    label: str = ""
    parts: int = 1
    in_days: bool = False
    in_percent: bool = False


@dataclass(frozen=True, slots=True)
class Relation:
    """Records that belong to a row: an account's deals, contacts, invoices.

    Attributes:
        name: canonical name, in the plural, without spaces: ``open_deals``. A person may also write
            ``open deals`` or ``open deal``.
        source: where the store, or a frame, has them; opaque here. Relations may share a source.
        catalog: their own fields.
        aliases: other names.
        given: what holds of every one of them among those of the source: of open deals, that they are open.
        through: the records that name them, where they do not name the row themselves: products through
            purchases. Each is there once.
        united: the kinds of records that it is made of, where there are several or one is not taken as it is.
    """

    name: str
    source: str
    catalog: Catalog
    aliases: tuple[str, ...] = ()
    given: Node = field(default_factory=Always)
    through: Relation | None = None
    united: tuple[Contributed, ...] = ()


@dataclass(frozen=True, slots=True)
class Contributed:
    """One kind of the records that purchases are made of.

    Attributes:
        relation: the kind.
        where: which of them count.
        day: the field with the day; ``amount`` the one with the money.
        takes_away: their money is given back.
    """

    relation: Relation
    where: Node
    day: Field
    amount: Field
    takes_away: bool = False


@dataclass(frozen=True)
class Catalog:
    """What criteria may use in one place (accounts, transactions, changes, scores).

    Attributes:
        fields: what is offered, in order.
        further: fields that can be written but are not offered: scores of further segmentations.
        relations: related records.
        segments: criteria of saved segments by name; None where there are none to be asked for.
        absent: names that mean something which is not there yet -> a sentence that says what it needs.
        rows: what the rows are, for messages: accounts.
    """

    fields: tuple[Field, ...]
    further: tuple[Field, ...] = ()
    relations: tuple[Relation, ...] = ()
    segments: Mapping[str, str] | None = field(default=None, hash=False)
    absent: Mapping[str, str] = field(default_factory=dict, hash=False)
    rows: str = "records"
    _by_name: dict[str, Field] = field(init=False, repr=False, compare=False, default_factory=dict)
    _related: dict[str, Relation] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        # Canonical names win over aliases, and earlier fields over later ones: mapped before CRM names.
        every = (*self.fields, *self.further)
        for one in every:
            self._by_name.setdefault(one.name.casefold(), one)
        for one in every:
            for alias in one.aliases:
                self._by_name.setdefault(alias.casefold(), one)
        for relation in self.relations:
            self._related.setdefault(singular(relation.name).casefold(), relation)
        for relation in self.relations:
            for alias in relation.aliases:
                self._related.setdefault(singular(alias).casefold(), relation)

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    def find(self, name: str) -> Field | None:
        """The field of that name or alias, in any case; None when there is none."""
        return self._by_name.get(name.casefold())

    def names(self) -> Iterable[str]:
        """Every name and alias in folded form, for suggestions."""
        return self._by_name.keys()

    def relation(self, name: str) -> Relation | None:
        """The related records of that name, in singular or plural and any case; None when there are none."""
        return self._related.get(singular(name).casefold())

    def segment(self, name: str) -> tuple[str, str] | None:
        """A segment's name as it is spelled, and its criteria; None when there is none of that name."""
        folded = name.casefold()
        return next((one for one in (self.segments or {}).items() if one[0].casefold() == folded), None)

    def open(self) -> Catalog:
        """Without closed sets: a value that no record has any more is met by nothing, but stops no run."""
        return replace(
            self,
            fields=tuple(replace(one, values=()) for one in self.fields),
            further=tuple(replace(one, values=()) for one in self.further),
            relations=tuple(replace(one, catalog=one.catalog.open()) for one in self.relations),
        )


def singular(name: str) -> str:
    """One of related records, as it is written after ``any``: ``open_deals`` gives ``open deal``."""
    spaced = " ".join(name.replace("_", " ").split())
    if spaced.lower().endswith("ies"):
        return f"{spaced[:-3]}y"
    return spaced if spaced.lower().endswith("ss") else spaced.removesuffix("s").removesuffix("S")
