"""What can be done about an alert: the words for it, and what a person may write. Decisions only."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from bot.app.errors import UserError
from bot.app.wording import day

ACKNOWLEDGE: Final = "acknowledge"
SNOOZE: Final = "snooze"
ASSIGN: Final = "assign"
OWNER: Final = "owner"  # of the account, in the CRM
TASK: Final = "task"
NOTE: Final = "note"
NOT_AT_RISK: Final = "not at risk"
WOKE: Final = "woke"  # its rest is over
WORSE: Final = "worse"  # a newer alert took its place
IN_CRM: Final = (TASK, NOTE, OWNER)  # the kinds that the CRM has to be told of

OPEN: Final = "open"
CAN_BE_ACKNOWLEDGED: Final = (OPEN, "snoozed")
CAN_BE_GIVEN: Final = (OPEN, "snoozed", "acknowledged")  # to somebody; or said to be none

# Zoho CRM, fields of Tasks and Notes.
LONGEST_SUBJECT: Final = 255
LONGEST_NOTE: Final = 3_000  # as much as Slack's input takes
LONGEST_REASON: Final = 500
FARTHEST_DUE: Final = timedelta(days=5 * 366)

# What is kept -> what is shown. The kept words stand in the database: add, do not rename.
REASONS: Final = {
    "planned": "They said so: a pause or season that is planned",
    "spoken": "Spoke with them, and all is well",
    "elsewhere": "They buy through another account",
    "data": "The data is wrong or late",
    "other": "Another reason",
}


class FieldError(UserError):
    """What was entered in one field cannot be taken.

    Attributes:
        field: ``whom``, ``subject``, ``due``, ``note``, ``reason`` or ``words``.
    """

    def __init__(self, name: str, what_happened: str) -> None:
        self.field = name
        super().__init__(what_happened)


@dataclass(frozen=True, slots=True)
class TaskWish:
    """A task as somebody wants it.

    Attributes:
        whom: id of the CRM user who is to do it.
        seen: the number of the newest task that the person knew of; 0: of none.
    """

    subject: str
    due: date | None
    whom: str
    seen: int = 0


@dataclass(frozen=True, slots=True)
class Assignment:
    """To whom an alert is given.

    Attributes:
        whom: id of the CRM user.
        owner: the account is given to them in the CRM too.
        seen: the number of the newest assignment that the person knew of; 0: of none.
    """

    whom: str
    owner: bool = False
    seen: int = 0


@dataclass(frozen=True, slots=True)
class CrmUserName:
    """An active CRM user who can be given something."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What happened to an account while its alert was at rest.

    Attributes:
        labels: the labels that it went through: from the one that it had when it was put to rest.
        bought: the day of the last purchase, if that is a later one than the alert knew.
    """

    labels: tuple[str | None, ...] = field(default_factory=tuple)
    bought: date | None = None

    def sentence(self) -> str:
        """In words."""
        moved = [one or "no label" for one in self.labels]
        parts = [f"the label went {' → '.join(moved)}"] if len(moved) > 1 else []
        parts += [f"they bought on {day(self.bought)}"] if self.bought else []
        return f"Meanwhile {' and '.join(parts)}." if parts else "Nothing changed meanwhile."


def one_line(name: str, text: str, most: int) -> str:
    """What somebody typed, without line breaks and control signs.

    Raises:
        FieldError: nothing is left, or it is too long.
    """
    return _bounded(name, " ".join(_visible(text).split()), most)


def some_lines(name: str, text: str, most: int) -> str:
    """What somebody typed, with its line breaks.

    Raises:
        FieldError: nothing is left, or it is too long.
    """
    lines = (" ".join(_visible(one).split()) for one in text.splitlines())
    return _bounded(name, "\n".join(lines).strip(), most)


def due_day(due: date | None, today: date) -> date | None:
    """A day on which a task can be due.

    Raises:
        FieldError: it is over, or too far away.
    """
    if due is None or today <= due <= today + FARTHEST_DUE:
        return due
    raise FieldError("due", "That day is over." if due < today else "That day is too far away.")


def why_not(reason: str, words: str) -> str:
    """The reason for which an alert is none, as it is shown.

    Raises:
        FieldError: no such reason, or another reason that is not said.
    """
    if reason not in REASONS:
        raise FieldError("reason", "Choose one of the reasons.")
    said = some_lines("words", words, LONGEST_REASON) if words.strip() else ""
    if reason == "other" and not said:
        raise FieldError("words", "Say what the reason is.")
    if reason == "other":
        return said
    return f"{REASONS[reason]}: {said}" if said else REASONS[reason]


def signed(text: str, by: str, reference: str) -> str:
    """What stands in the CRM: who wrote it, by which way, and the mark by which it is found again."""
    return "\n\n".join(one for one in (text, f"{by} via Bellwether · {reference}") if one)


def meanwhile(labels: Sequence[str | None], bought_before: date | None, bought_now: date | None) -> Meanwhile:
    """What is worth telling of the time of rest; labels in order, each once in a row."""
    moved = [one for at, one in enumerate(labels) if at == 0 or one != labels[at - 1]]
    later = bought_now is not None and (bought_before is None or bought_now > bought_before)
    return Meanwhile(tuple(moved), bought_now if later else None)


def pause_after(error_seconds: float | None, *, perhaps_written: bool) -> float:
    """How long to wait before the CRM is asked again, at the least.

    An insert whose answer was lost may still be under way at Zoho: it is looked for when it must have ended.
    """
    return max(error_seconds or 0.0, 30.0 if perhaps_written else 0.0)


def given_up(asked_at: datetime, now: datetime) -> bool:
    """Whether a write has waited for so long that nobody counts on it any more."""
    return now - asked_at > timedelta(days=7)


def _bounded(name: str, text: str, most: int) -> str:
    if not text:
        raise FieldError(name, "Nothing is written here.")
    if len(text) > most:
        raise FieldError(name, f"At most {most:,} characters; these are {len(text):,}.")
    return text


def _visible(text: str) -> str:
    """Control signs as spaces; direction marks and other invisible signs but the joiner not at all."""
    seen = (one for one in text if not _is_invisible(one))
    return "".join(" " if unicodedata.category(one) in {"Cc", "Cs", "Co", "Cn"} else one for one in seen)


def _is_invisible(sign: str) -> bool:
    return unicodedata.category(sign) == "Cf" and sign != "\u200d"
