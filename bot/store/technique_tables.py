"""The tables of the techniques: scores of earlier days, what was learned, offers, marks, corrections."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Date, Index, LargeBinary, String, Text
from sqlmodel import Field, SQLModel

# Imported for its effect on the metadata: the naming convention stands before the first table.
from bot.store import tables  # noqa: F401
from connector.cache.types import instant_column, text_column


def _day(*, nullable: bool = False) -> Any:
    return Field(default=None, sa_column=Column(Date, nullable=nullable))


def _whole(*, nullable: bool = True) -> Any:
    return Field(default=None, sa_column=Column(BigInteger, nullable=nullable))


def _key(length: int) -> Any:
    return Field(sa_column=Column(String(length), primary_key=True))


class ScoreHistoryRow(SQLModel, table=True):
    """What an account's scores were from a day on. Written when one of them differs; a day has one row.

    ``gone``: from that day on the account takes no part.
    """

    __tablename__: ClassVar[Any] = "score_history"
    segmentation: str = _key(100)
    account_id: str = _key(32)
    as_of: date = Field(sa_column=Column(Date, primary_key=True))
    label: str | None = None
    r: int | None = None
    f: int | None = None
    m: int | None = None
    measure: int | None = _whole()
    gone: bool = False
    run_id: int = 0


class StandingSnapshotRow(SQLModel, table=True):
    """The scores of a segmentation in one piece, as Arrow writes them: a copy, to be read quickly."""

    __tablename__: ClassVar[Any] = "standing_snapshot"
    segmentation: str = _key(100)
    run_id: int = 0
    accounts: int = 0
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class LearnedRow(SQLModel, table=True):
    """What a segmentation has learned and scores with until it learns again: a model or a scale, as JSON."""

    __tablename__: ClassVar[Any] = "learned"
    segmentation: str = _key(100)
    technique: str = Field(sa_column=Column(String(20), nullable=False))
    as_of: date = _day()
    config_version: int = 0
    learned_at: datetime = instant_column(nullable=False)
    body: str = Field(sa_column=Column(Text, nullable=False))


class OfferRow(SQLModel, table=True):
    """A recommendation for an account. Chances in millionths, lift in thousandths."""

    __tablename__: ClassVar[Any] = "offer"
    __table_args__ = (
        Index("ix_offer_account", "account_id"),
        Index("ix_offer_product", "product_id", "probability"),
        Index("ix_offer_given", "product_id", "segmentation", "account_id", "place"),
        Index("ix_offer_given_with", "with_product_id", "segmentation", "account_id", "place"),
    )
    segmentation: str = _key(100)
    account_id: str = _key(32)
    place: int = Field(
        sa_column=Column(BigInteger, primary_key=True, autoincrement=False)
    )  # 1: the likeliest
    kind: str = Field(sa_column=Column(String(20), nullable=False))
    product_id: str = Field(sa_column=Column(String(100), nullable=False))
    with_product_id: str | None = Field(default=None, sa_column=Column(String(100), nullable=True))
    probability: int = _whole(nullable=False)
    lift: int = _whole(nullable=False)
    value_minor: int = _whole(nullable=False)
    expires_on: date = _day()
    details: str | None = text_column()  # JSON: what speaks for it
    run_id: int = 0


class DismissalRow(SQLModel, table=True):
    """Somebody said that a product is not to be offered to an account for now."""

    __tablename__: ClassVar[Any] = "dismissal"
    account_id: str = _key(32)
    product_id: str = _key(100)
    day: date = _day()
    by: str = ""
    reason: str = ""


class MessageReadingRow(SQLModel, table=True):
    """What was read in a customer's message, so that it need not be read again.

    ``reader`` is the reader's version together with the competitors looked for; ``body`` JSON, a list of
    sentences with intent, sentiment, competitors.
    """

    __tablename__: ClassVar[Any] = "message_reading"
    source: str = _key(30)
    raw_id: str = _key(100)
    event_type: str = _key(40)
    reader: str = Field(sa_column=Column(String(64), nullable=False))
    body: str = Field(sa_column=Column(Text, nullable=False))


class CorrectionRow(SQLModel, table=True):
    """What a person said that a sentence means: a label to learn from."""

    __tablename__: ClassVar[Any] = "correction"
    id: int | None = Field(default=None, primary_key=True)
    sentence: str = Field(sa_column=Column(Text, nullable=False))
    intent: str | None = None
    sentiment: str | None = None
    by: str = ""
    at: datetime = instant_column(nullable=False)


class MarkRow(SQLModel, table=True):
    """A market segment of an account, or a role or keyword of a contact, given by a person."""

    __tablename__: ClassVar[Any] = "mark"
    __table_args__ = (Index("ix_mark_mark", "kind", "mark"),)
    kind: str = _key(20)  # market_segment | contact_role | keyword
    record_id: str = _key(32)
    mark: str = _key(100)
    given_by: str = ""
    given_at: datetime = instant_column(nullable=False)


class BacktestRow(SQLModel, table=True):
    """What a technique was worth against what happened, on one day; JSON."""

    __tablename__: ClassVar[Any] = "backtest"
    id: int | None = Field(default=None, primary_key=True)
    segmentation: str = Field(sa_column=Column(String(100), nullable=False, index=True))
    technique: str = Field(sa_column=Column(String(20), nullable=False))
    as_of: date = _day()
    made_at: datetime = instant_column(nullable=False)
    body: str = Field(sa_column=Column(Text, nullable=False))


class AccountDealsRow(SQLModel, table=True):
    """Deals of a large account added up by stage and closing day: all of its rows together are its deals.

    Triggers write what a change adds or takes away, which is less than 0. ``upper`` and ``lower`` are the
    halves of the amounts (``bot.store.purchase_values.halves``), ``given_back`` is how many are below 0. An
    account with a row has all of them.
    """

    __tablename__: ClassVar[Any] = "account_deals"
    id: int | None = Field(default=None, primary_key=True)
    account_id: str = Field(sa_column=Column(String(32), nullable=False, index=True))
    stage: str | None = text_column()
    day: date | None = _day(nullable=True)
    deals: int = _whole(nullable=False)
    given_back: int = _whole(nullable=False)
    upper: int = _whole(nullable=False)
    lower: int = _whole(nullable=False)
