"""What the rules have found of questions that are no list: figures, changes of label, the past, offers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from bot.language.meanings import ProductWord
from bot.language.question import Aggregate, Course, Metric, Span
from scoring.criteria.tree import Unit


class Mode(StrEnum):
    """As what a sentence is read; some words mean another thing in each.

    A period that stands alone, "this year", is what a figure is made over, when somebody moved, or when a
    label was held; in a list it would have to be said of what.
    """

    LIST = "list"  # accounts, how many, one account, offers
    FIGURE = "figure"
    MOVED = "moved"
    HISTORY = "history"


@dataclass(frozen=True)
class SaidMetric:
    """A named figure, as it was said.

    Attributes:
        at: index of the word.
        field: the field of accounts that the same word names: revenue, purchases.
    """

    at: int
    metric: Metric
    field: str | None = None


@dataclass
class Asked:
    """What has been found so far; every index is that of an item of the sentence.

    Attributes:
        aggregates: what is to be made of a field, in the order of the sentence.
        measured: fields that nothing else was said of.
        by: fields to break a figure down by.
        verb_after: how many conditions stand before the "are" in "what share of retail accounts are VIP".
        among_after: how many stand before "among".
        noun_after: how many stand before "accounts" in "share of retail accounts at risk".
        largest: words that ask for the largest first, as a breakdown is anyway.
        ranked: words before a figure that something is put in order by: customers *by* revenue.
        grown: words that say that accounts buy less than earlier, or more: *declining*, *less than* June.
        grown_beside: the earlier period, where it was said.
        segmentation: whose labels are spoken of; empty for the primary one, None when none was named.
        earning: whether a verb was said that asks for what was sold: brought in.
        former: whether the labels were held in the past and are not any more.
        still: whether they were held in the past and are held now too.
        offered: words that ask for offers.
        new_since: whether it was said since when customers or accounts are new.
    """

    metrics: list[SaidMetric] = field(default_factory=list)
    aggregates: list[tuple[int, Aggregate]] = field(default_factory=list)
    how_much: list[int] = field(default_factory=list)
    measured: list[tuple[int, str]] = field(default_factory=list)
    by: list[tuple[int, str]] = field(default_factory=list)
    every: list[tuple[int, Unit]] = field(default_factory=list)
    trends: list[int] = field(default_factory=list)
    spans: list[tuple[int, int, Span]] = field(default_factory=list)
    compared: bool = False
    earning: bool = False
    versus: list[tuple[int, Span]] = field(default_factory=list)
    share_at: int | None = None
    verb_after: int | None = None
    noun_after: int | None = None
    among_after: int | None = None
    largest: list[int] = field(default_factory=list)
    ranked: list[int] = field(default_factory=list)
    grown: list[tuple[int, Course]] = field(default_factory=list)
    grown_beside: list[tuple[int, Span]] = field(default_factory=list)
    moved_at: list[int] = field(default_factory=list)
    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    course: Course | None = None
    segmentation: str | None = None
    held: list[str] = field(default_factory=list)
    held_at: int | None = None
    were_at: int | None = None
    former: bool = False
    still: bool = False
    products: list[tuple[int, tuple[ProductWord, ...]]] = field(default_factory=list)
    offered: list[int] = field(default_factory=list)
    why: list[int] = field(default_factory=list)
    new_since: bool = False
    flock: list[int] = field(default_factory=list)
    overview: list[int] = field(default_factory=list)
    doing: list[int] = field(default_factory=list)
