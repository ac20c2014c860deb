"""What a sentence asks to be done with accounts, but showing them: enriched, exported, sent every Monday.

Pure: a sentence in, what to do out. Which accounts it speaks of is read as a question by whoever does it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.language.question import NotUnderstood, Question, Reading


class Deed(StrEnum):
    """What is to be done."""

    ENRICH = "enrich"
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class Said:
    """What is to be done with which accounts.

    Attributes:
        about: the accounts, as they were said; empty: all.
        form: csv, xlsx or parquet where one was said.
        contacts: their contacts are meant, as a mailing list; ``role``: only those of a role, as it was said.
        every: a day of the week, ``daily`` or ``monthly``.
    """

    deed: Deed
    about: str
    form: str = ""
    contacts: bool = False
    role: str = ""
    every: str = ""


_FORMS: Final = {
    **dict.fromkeys(("csv", "a csv", "csv file", "a csv file"), "csv"),
    **dict.fromkeys(("excel", "xlsx", "xls", "an excel file", "excel file", "a spreadsheet"), "xlsx"),
    **dict.fromkeys(("parquet", "a parquet file"), "parquet"),
}
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_EVERY: Final = {
    **{f"every {day}": day for day in _DAYS},
    **{f"on {day}s": day for day in _DAYS},
    **{f"each {day}": day for day in _DAYS},
    **dict.fromkeys(("every day", "each day", "daily"), "daily"),
    **dict.fromkeys(("every month", "each month", "monthly"), "monthly"),
    **dict.fromkeys(("every week", "each week", "weekly"), "monday"),
}


def _one_of(words: dict[str, str]) -> str:
    return "|".join(re.escape(one) for one in sorted(words, key=len, reverse=True))


_BEGINS: Final = re.compile(
    r"^(?:please\s+)?(?:(?P<enrich>enrich)|export|download|"
    r"(?P<sent>(?:e-?mail|send|mail)(?:\s+me|\s+us)?(?:\s+(?:a|the)\s+list\s+of)?)|"
    r"(?P<mailing>(?:(?:make|create|build|export|download)\s+)?(?:me\s+)?(?:a|the)?\s*mailing\s+list\s+(?:of|for)))"
    r"(?:\s+(?P<rest>.+))?$",
    re.IGNORECASE,
)
_ENDS: Final = re.compile(
    rf"[\s,]+(?:(?:as|to|in|into)\s+(?P<form>{_one_of(_FORMS)})|(?P<every>{_one_of(_EVERY)}))\s*$",
    re.IGNORECASE,
)
_OF_CONTACTS: Final = re.compile(
    r"^(?:all\s+)?(?:the\s+)?(?P<who>contacts|contact\s+persons|decision[\s-]makers)"
    r"(?:\s+(?:of|at|in|from|for)(?:\s+(?:all|the))*\s+(?P<rest>.+))?$",
    re.IGNORECASE,
)
_ROLES: Final = {"decision maker": "Decision Maker"}


def said_command(text: str) -> Said | None:
    """What is to be done; None where nothing but a question is said.

    To send something needs a rhythm or a mailing list: "email VIPs" is no export.
    """
    found = _BEGINS.match(text.strip().rstrip("?.! "))
    if found is None:
        return None
    rest, form, every = found["rest"] or "", "", ""
    while (end := _ENDS.search(f" {rest}")) is not None:
        form = form or _FORMS.get((end["form"] or "").lower(), "")
        every = every or _EVERY.get((end["every"] or "").lower(), "")
        rest = f" {rest}"[: end.start()].strip()
    if found["enrich"]:
        return None if form or every else Said(Deed.ENRICH, rest)
    contacts = _OF_CONTACTS.match(rest)
    if found["sent"] and not every and contacts is None:
        return None
    if contacts is None:
        return Said(Deed.EXPORT, rest, form, contacts=bool(found["mailing"]), every=every)
    who = " ".join(contacts["who"].lower().replace("-", " ").split()).removesuffix("s")
    about, role = contacts["rest"] or "", _ROLES.get(who, "")
    return Said(Deed.EXPORT, about, form, contacts=True, role=role, every=every)


_HOW_TO_EXPORT: Final = "An export is made from an answer: ask for the accounts and press Export below it{}."


def how_to_export(text: str, read: Callable[[str], object]) -> NotUnderstood | None:
    """That an answer is exported, and what to choose there; None where the sentence wants no export.

    Args:
        text: the sentence.
        read: reads a sentence as a question.
    """
    said = said_command(text)
    if said is None or said.deed is not Deed.EXPORT:
        return None
    about = said.about or "all accounts"
    if not isinstance(read(about), Question):
        return None
    every = {"daily": "again every day", "monthly": "again every month"}
    choices = [
        *(["their contacts as a mailing list"] if said.contacts else []),
        *([f"the role {said.role}"] if said.role else []),
        *([said.form] if said.form else []),
        *([every.get(said.every, f"again every {said.every.capitalize()}")] if said.every else []),
    ]
    chosen = f"; choose {', '.join(choices)}" if choices else ""
    return NotUnderstood((), _HOW_TO_EXPORT.format(chosen), (Reading(about, about),))
