"""What an answer is, before anybody draws it: the same values for Slack, the terminal and JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from bot.app.tables import AnswerTable, Cell, Picture, TableColumn
from bot.language.question import Kind, NotUnderstood, Question, Request
from scoring.criteria.tree import Fact


@dataclass(frozen=True, slots=True)
class AccountLine:
    """One account in a list. Money in minor units of the organisation's currency.

    Attributes:
        further: values of the other fields that a question speaks of, in the order of ``Answer.further``.
    """

    id: str
    name: str
    label: str | None
    r: int | None
    f: int | None
    m: int | None
    total: int | None
    industry: str | None
    city: str | None
    state: str | None
    country: str | None
    owner: str | None
    last_purchase: date | None
    purchases: int
    spend_minor: int
    annual_revenue_minor: int | None
    employees: int | None
    further: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class FurtherColumn:
    """A column of a list that is no attribute of AccountLine.

    Attributes:
        field: the canonical name of the field that it shows, or the fact of related records.
    """

    field: str | Fact
    column: TableColumn


@dataclass(frozen=True, slots=True)
class Group:
    """One row of a breakdown; ``value`` None is the accounts without one."""

    value: str | None
    count: int


@dataclass(frozen=True, slots=True)
class LabelMove:
    """An earlier change of an account's label."""

    at: datetime
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """What one segmentation says of an account.

    Attributes:
        measured: the technique's number in words; empty when it has none.
        why: sentences: the facts behind it, the limits, what would bring the account back.
    """

    segmentation: str
    technique: str
    label: str | None
    measured: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CardOffer:
    """Something to offer an account.

    Attributes:
        what: the product, or the two of a bundle.
        kind: of ``scoring.recommendations.config.Kind``.
        chance: that they buy it: 0.25 is 25 %.
        value_minor: chance times the usual amount.
        why: what speaks for it, in a few words.
    """

    what: str
    kind: str
    chance: Decimal
    value_minor: int
    why: str


@dataclass(frozen=True, slots=True)
class AccountCard:
    """Everything that is told of one account."""

    line: AccountLine
    segmentation: str
    label_since: datetime | None
    last_change: LabelMove | None
    why: tuple[str, ...]  # sentences from scoring.explain
    open_deals: int
    open_deals_minor: int
    last_deal_name: str | None
    contacts: tuple[tuple[str, str | None, str | None], ...]  # name, title, e-mail; at most three
    website: str | None
    phone: str | None
    crm_url: str | None
    further: tuple[Explanation, ...] = ()  # what the other segmentations say
    next_step: str = ""  # one sentence
    offers: tuple[CardOffer, ...] = ()  # the likeliest first
    measured: str = ""  # the primary technique's number in words, as in ``Explanation``


@dataclass(frozen=True, slots=True)
class Money:
    """How money is written: the organisation's currency."""

    currency: str = "USD"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, or the honest lack of one.

    Attributes:
        kind: what was asked for; None when it was not understood.
        read_as: how the question was read, in the criteria language and in words, for the footer.
        total: how many accounts meet the criteria.
        shown: how many of them are in ``accounts``.
        as_of: the age of the data: when the cache last agreed with the CRM; None before the first sync.
        offset: how many accounts of the list come before the first in ``accounts``.
        columns: names of AccountLine attributes, and keys of ``further``, that this question makes relevant,
            in order, after the name.
        further: what the values of ``AccountLine.further`` are.
        asked: the question that was answered: for buttons, for follow-ups and for exports.
        said: the answer in one sentence, of the kinds that ``table`` is for; plain text, as are the remarks.
        table: rows of figures, changes, offers …: whatever is no list of accounts by their lines.
        remarks: sentences below: what was left out, what to know.
        picture: what a chart would show; None where there is nothing to draw.
        request: what else is to be done, when a follow-up asked for it.
    """

    question: str
    kind: Kind | None
    read_as: str
    total: int
    shown: int
    as_of: datetime | None
    currency: str
    accounts: tuple[AccountLine, ...] = ()
    columns: tuple[str, ...] = ()
    groups: tuple[Group, ...] = ()
    group_by: str | None = None
    card: AccountCard | None = None
    help: tuple[Any, ...] = ()
    not_understood: NotUnderstood | None = None
    offset: int = 0
    asked: Question | None = None
    said: str = ""
    table: AnswerTable | None = None
    remarks: tuple[str, ...] = ()
    picture: Picture | None = None
    request: Request | None = None
    further: tuple[FurtherColumn, ...] = ()
