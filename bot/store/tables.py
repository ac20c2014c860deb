"""The tables that the application owns: scores, changes, alerts, outbox, jobs, people, configuration."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Date, Index, Integer, String, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

# Imported for its effect on the metadata: the cache's tables and the naming convention stand before ours.
from connector.cache import finance_tables, tables  # noqa: F401
from connector.cache.types import UtcDateTime


def _text(*, nullable: bool = True) -> Any:
    return Field(default=None, sa_column=Column(Text, nullable=nullable))


def _instant(*, nullable: bool = True, index: bool = False) -> Any:
    return Field(default=None, sa_column=Column(UtcDateTime, nullable=nullable, index=index))


def _day(*, nullable: bool = True) -> Any:
    return Field(default=None, sa_column=Column(Date, nullable=nullable))


def _large() -> Any:
    return Field(default=0, sa_column=Column(BigInteger, nullable=False))


class ScoreRow(SQLModel, table=True):
    """What one segmentation says of one account now. Written only when something in it differs.

    ``r f m total`` are RFM's. ``measure`` is the number of another technique in ten-thousandths: a risk or
    probability in percent, an engagement score. ``value_minor`` is money at risk, or what recommendations are
    worth. ``details`` is JSON with whatever else the technique says, ``digest`` a number made of it.
    """

    __tablename__: ClassVar[Any] = "score"
    __table_args__ = (
        Index("ix_score_label", "segmentation", "label"),
        Index("ix_score_run", "segmentation", "run_id"),
        Index("ix_score_spend", "segmentation", "spend_minor"),
    )
    segmentation: str = Field(sa_column=Column(String(100), primary_key=True))
    account_id: str = Field(sa_column=Column(String(32), primary_key=True))
    r: int | None = None
    f: int | None = None
    m: int | None = None
    total: int | None = None
    label: str | None = None
    last_purchase: date | None = _day()
    purchases: int = 0
    spend_minor: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    measure: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    value_minor: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    digest: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    details: str | None = _text()
    run_id: int = 0
    scored_at: datetime = _instant(nullable=False)


class LabelChangeRow(SQLModel, table=True):
    """An account's label going from one to another: the history, and what alerts are made of.

    ``ended_on`` is the day from which on the new label was another one; NULL while it stands. ``facts`` is
    JSON: the scores before and after and the sentences that explain the change.
    """

    __tablename__: ClassVar[Any] = "label_change"
    # The last two hold all that questions about changes count by, so that the rows are not read.
    __table_args__ = (
        Index("ix_label_change_account", "account_id", "changed_at"),
        Index(
            "ix_label_change_moved",
            *("segmentation", "baseline", "as_of", "old_label", "new_label", "direction", "account_id"),
        ),
        Index("ix_label_change_given", "segmentation", "new_label", "as_of", "ended_on", "account_id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    segmentation: str
    account_id: str
    old_label: str | None = None
    new_label: str | None = None
    direction: str = ""  # worse | better | entered
    baseline: bool = False
    as_of: date = _day(nullable=False)
    ended_on: date | None = _day()
    changed_at: datetime = _instant(nullable=False, index=True)
    run_id: int = 0
    facts: str = Field(default="{}", sa_column=Column(Text, nullable=False))


class RunRow(SQLModel, table=True):
    """One recompute of one segmentation."""

    __tablename__: ClassVar[Any] = "run"
    id: int | None = Field(default=None, primary_key=True)
    segmentation: str
    cause: str = ""  # daily | change | command | first
    as_of: date = _day(nullable=False)
    started_at: datetime = _instant(nullable=False)
    finished_at: datetime | None = _instant()
    status: str = "done"
    accounts: int = 0
    changed: int = 0
    written: int | None = None  # score rows that it wrote or removed; NULL of runs that did not count them
    config_version: int = 0
    technique: str = Field(default="rfm", sa_column=Column(String(20), nullable=False, server_default="rfm"))
    thresholds: str | None = _text()
    warnings: str | None = _text()  # a JSON list of sentences


class AlertRow(SQLModel, table=True):
    """A change that somebody must see, and what people did about it."""

    __tablename__: ClassVar[Any] = "alert"
    __table_args__ = (UniqueConstraint("change_id", "route"),)
    id: int | None = Field(default=None, primary_key=True)
    change_id: int
    route: str
    account_id: str = Field(index=True)
    channel: str
    # open | acknowledged | snoozed | not at risk | reopened (as a newer alert)
    # | digest (told in a summary: nothing to be done)
    state: str = "open"
    slack_channel: str | None = None
    slack_ts: str | None = None
    thread_ts: str | None = None  # of the thread that its message stands in, when that is another alert's
    reminded_at: datetime | None = _instant()
    escalated_at: datetime | None = _instant()
    assignee_id: str | None = None  # the CRM user whom it was given to last
    acted_by: str | None = None  # the person's name, as shown
    acted_at: datetime | None = _instant()
    snoozed_until: datetime | None = _instant()
    created_at: datetime = _instant(nullable=False)


class AlertActionRow(SQLModel, table=True):
    """Something that somebody did about an alert; for what the CRM is told, how far that is.

    ``key`` is what makes a second click harmless. ``details`` is JSON: whom, subject, due, text, reason.
    ``reference`` stands in the CRM's record, so that a write whose answer was lost is found again.
    """

    __tablename__: ClassVar[Any] = "alert_action"
    __table_args__ = (
        Index("ix_alert_action_alert", "alert_id", "kind"),
        Index("ix_alert_action_account", "account_id", "kind"),
    )
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(sa_column=Column(String(200), unique=True, nullable=False))
    alert_id: int
    account_id: str = Field(sa_column=Column(String(32), nullable=False))
    kind: str = Field(sa_column=Column(String(20), nullable=False))
    actor: str = ""  # Slack's id; empty for what happened by itself
    actor_name: str = ""
    at: datetime = _instant(nullable=False, index=True)
    details: str = Field(default="{}", sa_column=Column(Text, nullable=False))
    state: str = Field(
        default="done", sa_column=Column(String(20), nullable=False)
    )  # done | waiting | refused
    reference: str = ""
    attempts: int = 0  # at the CRM
    crm_id: str | None = None
    last_error: str | None = _text()


class OutboxRow(SQLModel, table=True):
    """A message that has to be sent, once. Holds values, not blocks: it is drawn when it is sent."""

    __tablename__: ClassVar[Any] = "outbox"
    __table_args__ = (Index("ix_outbox_due", "state", "due_at"),)
    id: int | None = Field(default=None, primary_key=True)
    dedupe_key: str = Field(sa_column=Column(String(200), unique=True, nullable=False))
    kind: str
    channel: str
    payload_version: int = 1
    payload: str = Field(sa_column=Column(Text, nullable=False))
    state: str = "pending"  # held | pending | sent | unknown | dead | superseded
    alert_id: int | None = Field(default=None, index=True)  # of the alert that it tells
    route: str | None = None  # of a held message: with whose others it may become one
    due_at: datetime = _instant(nullable=False)
    lease_until: datetime | None = _instant()
    leased_by: str | None = None
    attempts: int = 0
    last_error: str | None = _text()
    slack_channel: str | None = None
    slack_ts: str | None = None
    created_at: datetime = _instant(nullable=False)
    first_attempt_at: datetime | None = _instant()
    sent_at: datetime | None = _instant()


class HeldBackRow(SQLModel, table=True):
    """A change that a route selected and did not tell, or not at once; said in the route's next message."""

    __tablename__: ClassVar[Any] = "held_back"
    __table_args__ = (UniqueConstraint("change_id", "route"), Index("ix_held_back_route", "route", "place"))
    id: int | None = Field(default=None, primary_key=True)
    route: str
    place: str  # the address at which it would have been told
    change_id: int
    reason: str
    held_at: datetime = _instant(nullable=False)
    announced_in: str | None = None  # the key of the message that said it


class JobRow(SQLModel, table=True):
    """Work to be done once per slot; the unique key is what makes two clocks harmless."""

    __tablename__: ClassVar[Any] = "job"
    __table_args__ = (UniqueConstraint("kind", "slot"), Index("ix_job_due", "state", "due_at"))
    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(sa_column=Column(String(50), nullable=False))
    slot: str = Field(sa_column=Column(String(100), nullable=False))
    args: str = Field(default="{}", sa_column=Column(Text, nullable=False))
    state: str = "pending"  # pending | done | failed
    due_at: datetime = _instant(nullable=False)
    lease_until: datetime | None = _instant()
    leased_by: str | None = None
    attempts: int = 0
    progress: str | None = _text()
    result: str | None = _text()
    last_error: str | None = _text()
    created_at: datetime = _instant(nullable=False)
    finished_at: datetime | None = _instant()


class HeartbeatRow(SQLModel, table=True):
    """The last sign of life of a process in a role."""

    __tablename__: ClassVar[Any] = "heartbeat"
    role: str = Field(sa_column=Column(String(20), primary_key=True))
    holder: str = Field(sa_column=Column(String(100), primary_key=True))
    beat_at: datetime = _instant(nullable=False)


class SeenEventRow(SQLModel, table=True):
    """A Slack delivery that has been taken, so that its retry is not taken again."""

    __tablename__: ClassVar[Any] = "seen_event"
    event_id: str = Field(sa_column=Column(String(100), primary_key=True))
    seen_at: datetime = _instant(nullable=False, index=True)


class PersonRow(SQLModel, table=True):
    """A Slack user and the CRM user with the same verified e-mail; refreshed when stale."""

    __tablename__: ClassVar[Any] = "person"
    slack_id: str = Field(sa_column=Column(String(32), primary_key=True))
    name: str = ""
    email: str | None = None
    crm_user_id: str | None = None
    guest: bool = False
    checked_at: datetime = _instant(nullable=False)


class AuditRow(SQLModel, table=True):
    """Who did what on what, with which outcome. Only ever added to."""

    __tablename__: ClassVar[Any] = "audit"
    id: int | None = Field(default=None, primary_key=True)
    at: datetime = _instant(nullable=False, index=True)
    actor: str = ""
    action: str = ""
    target: str = ""
    outcome: str = ""
    place: str = ""
    details: str | None = _text()


class ConfigVersionRow(SQLModel, table=True):
    """One published version of the configuration document."""

    __tablename__: ClassVar[Any] = "config_version"
    version: int | None = Field(default=None, sa_column=Column(Integer, primary_key=True))
    published_at: datetime = _instant(nullable=False)
    author: str = ""
    note: str = ""
    document: str = Field(sa_column=Column(Text, nullable=False))


class ConversationRow(SQLModel, table=True):
    """What was asked at one place: its questions as JSON, so that any process answers a follow-up."""

    __tablename__: ClassVar[Any] = "conversation"
    key: str = Field(sa_column=Column(String(200), primary_key=True))
    state: str = Field(sa_column=Column(Text, nullable=False))
    updated_at: datetime = _instant(nullable=False, index=True)


class MissRow(SQLModel, table=True):
    """A sentence that was not understood, and how often. Who typed it is not kept."""

    __tablename__: ClassVar[Any] = "miss"
    id: int | None = Field(default=None, primary_key=True)
    text: str = Field(sa_column=Column(String(300), unique=True, nullable=False))
    words: str = Field(sa_column=Column(Text, nullable=False))  # a JSON list
    reason: str = Field(sa_column=Column(Text, nullable=False))
    count: int = 1
    first_at: datetime = _instant(nullable=False)
    last_at: datetime = _instant(nullable=False, index=True)


class DealDayRow(SQLModel, table=True):
    """Deals added up: by day and stage, and with ``by_owner`` by their owner too.

    Right for every day that ``deal_day_mark`` does not name. The sums are of deals whose account there is:
    ``upper`` and ``lower`` are the halves of their amounts (``bot.store.purchase_values.halves``),
    ``given_back`` is how many amounts are below 0. Of all deals are ``alone``, without an account, and
    ``unpriced``, without an amount.
    """

    __tablename__: ClassVar[Any] = "deal_day"
    __table_args__ = (Index("ix_deal_day_stage", "by_owner", "stage", "day"),)
    id: int | None = Field(default=None, primary_key=True)
    by_owner: bool
    day: date | None = Field(default=None, sa_column=Column(Date, nullable=True, index=True))
    stage: str | None = _text()
    owner_id: str | None = _text()
    deals: int = _large()
    given_back: int = _large()
    upper: int = _large()
    lower: int = _large()
    alone: int = _large()
    unpriced: int = _large()


class DealDayMarkRow(SQLModel, table=True):
    """A closing day (NULL: none) whose deals are others than those that were added up; triggers write it."""

    __tablename__: ClassVar[Any] = "deal_day_mark"
    id: int | None = Field(default=None, primary_key=True)
    day: date | None = Field(default=None, sa_column=Column(Date, nullable=True, index=True))


class IncidentRow(SQLModel, table=True):
    """Something that does not work, told to an administrator once; ended when it works again."""

    __tablename__: ClassVar[Any] = "incident"
    name: str = Field(sa_column=Column(String(100), primary_key=True))
    since: datetime = _instant(nullable=False)
    message: str = ""
    what_to_do: str = ""
    ended_at: datetime | None = _instant()
