"""What an export is: what was asked for, by whom, how far it is, and the columns of its file. Values only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.app.people import Role
from bot.app.ports import Posted
from bot.app.scope import Scope
from bot.language.question import Held, Moved, Sort
from scoring.criteria.tree import And, InSegment, Node, Not, Or

NEEDED_ROLE: Final = Role.MANAGER
MOST_COLUMNS: Final = 200  # that a person chooses; "all fields" has no limit
DOWNLOAD_DAYS: Final = timedelta(days=14)
HISTORY_DAYS: Final = timedelta(days=90)
DRAFT_HOURS: Final = timedelta(hours=24)
DELIVERY_HOURS: Final = timedelta(hours=12)  # so long a finished file is tried to be given
EXPORTS_A_DAY: Final = 5  # of one person; whoever sits at the terminal is not counted
A_DAY: Final = timedelta(hours=24)
ID_COLUMN: Final = "id"
CURRENCY_COLUMN: Final = "organisation_currency"
OPERATOR_KEY: Final = "operator"
EVERYTHING: Final = "all accounts"
ANY_ACCOUNT: Final = "*"  # among the accounts of a mailing list that has too many to note each
MONEY_DECIMALS: Final = 2  # amounts are kept in hundredths, whatever the currency
_MANY: Final = 1_000


class Format(StrEnum):
    """What kind of file."""

    CSV = "csv"  # in a ZIP
    XLSX = "xlsx"
    PARQUET = "parquet"

    @property
    def extension(self) -> str:
        """How its file's name ends, without the dot."""
        return "zip" if self is Format.CSV else self.value


class Header(StrEnum):
    """What stands above the columns."""

    LABELS = "labels"
    NAMES = "names"  # the CRM's API names, or ours for what is not the CRM's


class Status(StrEnum):
    """How far an export is."""

    DRAFT = "draft"  # asked for, its format not chosen yet
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INVALID = "invalid"  # its segment was deleted
    EXPIRED = "expired"  # its file was removed


UNFINISHED: Final = (Status.WAITING, Status.RUNNING)


class ColumnType(StrEnum):
    """What the values of a column are, in Python; None is an empty cell everywhere."""

    TEXT = "text"  # str
    WHOLE = "whole"  # int
    NUMBER = "number"  # float
    MONEY = "money"  # int: hundredths of the organisation's currency
    DAY = "day"  # date
    INSTANT = "instant"  # aware datetime
    TRUTH = "truth"  # bool
    LIST = "list"  # tuple of str


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """One column that can be exported.

    Attributes:
        name: the field's canonical name, by which it is chosen.
        api_name: the CRM's own name, or the canonical one for what the CRM does not have.
        label: what a person calls it.
    """

    name: str
    api_name: str
    label: str
    type: ColumnType


RECORD_ID: Final = ExportColumn(ID_COLUMN, ID_COLUMN, "Record id", ColumnType.TEXT)


@dataclass(frozen=True, slots=True)
class Offered:
    """Accounts to which a product is to be offered now; its id."""

    product: str


Further = Moved | Held | Offered  # what has to hold of accounts that criteria do not say


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows and columns. ``columns`` are names, in order; the record's id comes before them anyway.

    ``further``: only accounts whose label changed so, that had a label then, or are to be offered something.
    """

    criteria: Node
    sort: tuple[Sort, ...]
    limit: int | None
    columns: tuple[str, ...]
    further: Further | None = None


# Some rows by column: a list of values for each.
Batch = Sequence[list[Any]]


@dataclass(frozen=True, slots=True)
class FileForm:
    """How a file is written.

    Attributes:
        columns: in order, the record's id first.
        zone: instants are written in it, without an offset, except in Parquet, which keeps instants.
        currency: of money, written as decimals in whole units; it stands in a last column of its own.
    """

    format: Format
    header: Header
    columns: tuple[ExportColumn, ...]
    zone: ZoneInfo
    currency: str


@dataclass(frozen=True, slots=True)
class Mailing:
    """Which contacts of the accounts: those with any of the roles and any of the keywords; empty is any."""

    roles: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person chose.

    Attributes:
        columns: of accounts; None is every field.
        mailing: contacts in place of their accounts, with columns of their own; None is the accounts.
    """

    format: Format = Format.CSV
    header: Header = Header.LABELS
    columns: tuple[str, ...] | None = None
    mailing: Mailing | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """One export, as the history keeps it.

    Attributes:
        public_id: random, by which it is named outside the database.
        question: as it was asked; plain text that may hold anything.
        segments: saved segments that it is of; without one of them it is invalid.
        criteria: canonical text; empty is every account.
        requested_by: Slack id, or e-mail or ``operator`` for the terminal.
        slack_id: to whom it is delivered; empty for the terminal.
        rows: how many were written so far, in the end all.
        total: how many there were to write when it began; None before that.
        file_name: in the directory of exports; None when there is no file.
        link_key: what the one valid download link has to name; None when there is none.
        reason: why it failed, is invalid, or was not delivered.
        delivered: the person has been given it, or told that they cannot be.
        schedule_id: of the schedule that began it; None when a person did.
        remark: what the person should know of the file: who was left out of a mailing list.
        further: of which accounts only; periods and offers are read anew whenever the file is written.
        scope: whose accounts the file may hold; None where none was written, or it was not kept.
        slack_files: ids of the copies that may be in Slack and were not taken back.
        deliver_by: until when it is tried to give it; None when it was never finished.
        delivering: a random mark of the one who gives it now; whoever finds another one there, leaves it.
        sending: a copy that was begun and of which nobody knows whether the person has it.
        given_at: when the file was given of which the message does not tell yet; None before that.
    """

    public_id: str
    question: str
    segments: tuple[str, ...]
    criteria: str
    sort: tuple[Sort, ...]
    row_limit: int | None
    wish: Wish
    requested_by: str
    requester: str
    slack_id: str
    status: Status
    created_at: datetime
    rows: int = 0
    total: int | None = None
    bytes: int | None = None
    finished_at: datetime | None = None
    expires_at: datetime | None = None
    file_name: str | None = None
    posted: Posted | None = None
    link_key: str | None = None
    reason: str | None = None
    delivered: bool = False
    schedule_id: str | None = None
    remark: str | None = None
    further: Further | None = None
    scope: Scope | None = None
    slack_files: tuple[str, ...] = ()
    deliver_by: datetime | None = None
    delivering: str | None = None
    sending: str | None = None
    given_at: datetime | None = None

    def valid_for(self, segments: frozenset[str]) -> bool:
        """Whether every segment that it is of is still there; names in folded form."""
        return all(one.casefold() in segments for one in self.segments)

    def downloadable(self, now: datetime) -> bool:
        """Whether its file is to be had."""
        return (
            self.status is Status.DONE
            and self.file_name is not None
            and self.expires_at is not None
            and now < self.expires_at
        )


class ExportSort(StrEnum):
    """What the history can be sorted by."""

    WHEN = "when"
    ROWS = "rows"
    SIZE = "size"
    STATUS = "status"
    WHO = "who"


_KEYS: Final[dict[ExportSort, Callable[[Export], Any]]] = {
    ExportSort.WHEN: lambda one: -one.created_at.timestamp(),
    ExportSort.ROWS: lambda one: -one.rows,
    ExportSort.SIZE: lambda one: -(one.bytes or 0),
    ExportSort.STATUS: lambda one: list(Status).index(one.status),
    ExportSort.WHO: lambda one: one.requester.casefold(),
}


def in_history_order(exports: Sequence[Export], sort: ExportSort) -> list[Export]:
    """Sorted; numbers and instants from the largest, and what is equal from the newest."""
    newest_first = sorted(exports, key=_KEYS[ExportSort.WHEN])
    return sorted(newest_first, key=_KEYS[sort])


def segments_named(node: Node) -> tuple[str, ...]:
    """The saved segments that criteria name, in order, each once."""
    return tuple(dict.fromkeys(_segments(node)))


def _segments(node: Node) -> Iterator[str]:
    if isinstance(node, InSegment):
        yield node.name
    elif isinstance(node, And | Or):
        for part in node.parts:
            yield from _segments(part)
    elif isinstance(node, Not):
        yield from _segments(node.part)


def download_name(export: Export) -> str:
    """What a downloaded file is called: nothing of what a person wrote but letters and digits."""
    rows = "accounts" if export.wish.mailing is None else "contacts"
    told = " ".join(export.segments) or export.criteria or rows
    told = told if export.wish.mailing is None or told == rows else f"{rows} {told}"
    slug = re.sub(r"[^a-z0-9]+", "-", told.lower())[:60].strip("-") or rows
    return f"bellwether-{slug}-{export.created_at:%Y-%m-%d}.{export.wish.format.extension}"


def size_said(count: int | None) -> str:
    """A number of bytes as people read it: ``1.2 MB``."""
    if count is None:
        return "-"
    size = float(count)
    for unit in ("bytes", "kB", "MB"):
        if size < _MANY:
            return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"
        size /= _MANY
    return f"{size:,.1f} GB"
