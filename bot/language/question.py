"""What a sentence turned into: a Question, or what stands in the way of one. Values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from scoring.criteria.tree import Always, Calendar, Node, Rolling, Unit


class Kind(StrEnum):
    """What is asked for."""

    LIST = "list"  # accounts that meet the criteria
    COUNT = "count"  # how many
    COUNT_BY = "count_by"  # how many per value of a field
    ACCOUNT = "account"  # the card of one account
    WHY = "why"  # the arithmetic behind an account's labels, and what would bring it back
    FIGURE = "figure"  # a number over the accounts that meet the criteria; by a field, or by period
    MOVED = "moved"  # who went from one label to another
    HISTORY = "history"  # who had a label in the past
    OFFERS = "offers"  # what to offer an account
    PROSPECTS = "prospects"  # to which of the accounts that meet the criteria to offer a product
    FLOCK = "flock"  # how everything is: labels, money, what moved of late
    HELP = "help"


@dataclass(frozen=True, slots=True)
class Days:
    """From a first to a last day, both included; None where it is open."""

    first: date | None
    last: date | None


# A period as it was said: relative ones stay so, that a saved question means the same tomorrow.
Span = Calendar | Rolling | Days


class Aggregate(StrEnum):
    """What is made of the values of an account's field."""

    SUM = "sum"
    AVERAGE = "average"
    MEDIAN = "median"
    LOWEST = "lowest"
    HIGHEST = "highest"


class Metric(StrEnum):
    """A figure that has a name. Money is in the organisation's currency.

    Of counted purchases, by their day: REVENUE, PURCHASES, AVERAGE_PURCHASE, BUYERS. Of deals, by their
    closing day: WON, LOST (numbers), WIN_RATE (won of those closed), AVERAGE_DEAL (won amount a won deal),
    SALES_CYCLE (days from creation to closing, of won ones). Of open deals: PIPELINE (their amount) and
    OPEN_DEALS, by their expected closing day. Of accounts: SHARE (of those among whom it is asked).
    """

    REVENUE = "revenue"
    PURCHASES = "purchases"
    AVERAGE_PURCHASE = "average_purchase"
    BUYERS = "buyers"
    WON = "won_deals"
    LOST = "lost_deals"
    WIN_RATE = "win_rate"
    AVERAGE_DEAL = "average_deal"
    SALES_CYCLE = "sales_cycle"
    PIPELINE = "pipeline"
    OPEN_DEALS = "open_deals"
    SHARE = "share"


DEAL_OWNER = "deal_owner"  # by which deals are broken down, and accounts are not
EACH_PRODUCT = "each_product"  # by which deals are, and purchases that are deals: what was sold
EACH_ACCOUNT = "each_account"  # by which purchases and deals are: each account for itself


OF_DEALS = frozenset(
    {
        *(Metric.WON, Metric.LOST, Metric.WIN_RATE, Metric.AVERAGE_DEAL),
        *(Metric.SALES_CYCLE, Metric.PIPELINE, Metric.OPEN_DEALS),
    }
)


@dataclass(frozen=True, slots=True)
class Figure:
    """Which number.

    Attributes:
        metric: a named figure; None where ``of`` is a field of accounts and ``how`` what is made of it.
        by: a field of the account to break it down by; ``deal_owner`` is who owns the deals,
            ``each_account`` the account itself, ``each_product`` what was sold.
        every: a unit of time to break it down by: a trend.
        span: the period that the records fall in; None: all of them.
        versus: a second period to set beside it; with ``course`` None is the one before, as many days of it.
        course: of each account, only those whose figure has become smaller (WORSE) or larger than in the
            second period; those that have changed most come first.
        among: for SHARE, the accounts of which it is a share.
    """

    metric: Metric | None = None
    how: Aggregate | None = None
    of: str | None = None
    by: str | None = None
    every: Unit | None = None
    span: Span | None = None
    versus: Span | None = None
    among: Node = field(default_factory=Always)
    course: Course | None = None


class Course(StrEnum):
    """Whether something changed for better or for worse: a label, or what an account buys."""

    WORSE = "worse"
    BETTER = "better"


@dataclass(frozen=True, slots=True)
class Moved:
    """Which changes of label: from one of ``old`` to one of ``new``; empty means any.

    Attributes:
        segmentation: None for the primary one.
    """

    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    course: Course | None = None
    span: Span | None = None
    segmentation: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """Which labels were held: on at least one day of the span."""

    labels: tuple[str, ...]
    span: Span
    segmentation: str | None = None


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort key: a field's canonical name and its direction."""

    field: str
    descending: bool = True


@dataclass(frozen=True, slots=True)
class WordUse:
    """Which words of the sentence produced which part: ``("healthcare",) -> industry = medical``."""

    words: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question that was understood, every word of it."""

    kind: Kind
    criteria: Node = field(default_factory=Always)
    sort: tuple[Sort, ...] = ()
    limit: int | None = None
    group_by: str | None = None
    account_id: str | None = None
    words: tuple[WordUse, ...] = ()
    figure: Figure | None = None
    moved: Moved | None = None
    held: Held | None = None
    product: str | None = None  # its id, for PROSPECTS


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read what was said: a whole question to ask instead, and how a button shows it."""

    text: str
    shown: str


@dataclass(frozen=True, slots=True)
class UnknownWord:
    """A word, or run of words, that produced nothing, with the nearest readings."""

    word: str
    position: int
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """The sentence was not understood; nothing was guessed.

    Attributes:
        words: every word that produced nothing; empty when the words are known but do not fit together.
        reason: one sentence for the person.
        readings: whole questions to offer instead; for an ambiguity, the readings to choose from.
    """

    words: tuple[UnknownWord, ...]
    reason: str
    readings: tuple[Reading, ...] = ()


class Action(StrEnum):
    """What a follow-up asks to be done with the question before it."""

    NEXT = "next"  # the next page; ``argument``: how many
    UNDO = "undo"  # the question before the last refinement
    CHART = "chart"
    EXPORT = "export"
    SAVE = "save"  # as a segment; ``argument``: its name
    SHARE = "share"  # with the channel


@dataclass(frozen=True, slots=True)
class Request:
    """Something to be done with a question.

    Attributes:
        question: what it is about.
    """

    action: Action
    question: Question
    argument: str = ""
    words: tuple[WordUse, ...] = ()


Understanding = Question | NotUnderstood
