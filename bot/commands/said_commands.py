"""The command that does what a sentence asks for, with its criteria as the command reads them."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from bot.language.commands_said import Deed, Said, said_command
from bot.language.question import Kind, NotUnderstood, Question, Request
from bot.language.restate import restate
from scoring.criteria.canonical import canonical
from scoring.criteria.tree import Always

Read = Callable[[str], Question | Request | NotUnderstood]
COMMAND = "That is a command here: "
_LISTED = {Kind.LIST, Kind.COUNT, Kind.COUNT_BY}


def command_for(text: str, read: Read) -> tuple[str, ...]:
    """Lines that say what to type; none where the sentence asks for nothing that is a command.

    Args:
        text: the sentence.
        read: reads a sentence as a question.
    """
    said = said_command(text)
    if said is None:
        return ()
    if not said.about and said.deed is Deed.ENRICH:
        return ("Enrich which account? bellwether enrich NAME, or bellwether enrich --criteria '…'",)
    found = read(said.about) if said.about else Question(Kind.LIST)
    if isinstance(found, Request):
        return ()
    if isinstance(found, NotUnderstood):
        return _not_read(said, found)
    typed = _enrich(found, said) if said.deed is Deed.ENRICH else _export(found, said)
    return (f"{COMMAND}{shlex.join(('bellwether', said.deed.value, *typed))}",) if typed else ()


def _not_read(said: Said, found: NotUnderstood) -> tuple[str, ...]:
    choices = [f"  → {said.deed.value} {one.text}" for one in found.readings if one.text != "help"]
    return (f"To {said.deed.value} “{said.about}”: {found.reason}", *choices)


def _enrich(found: Question, said: Said) -> tuple[str, ...]:
    if found.kind is Kind.ACCOUNT:
        return (said.about,)
    if found.kind not in _LISTED or isinstance(found.criteria, Always):
        return ()
    return ("--criteria", canonical(found.criteria), "--dry-run")


def _export(found: Question, said: Said) -> tuple[str, ...]:
    """Of one account's contacts, too: the account is the only one of its name."""
    about = said.about if found.kind is Kind.ACCOUNT else restate(found)
    everything = found.kind in _LISTED and about == "accounts"
    typed = () if everything else (about,)
    options = (
        *(("--contacts",) if said.contacts else ()),
        *(("--role", said.role) if said.role else ()),
        *(("--format", said.form) if said.form else ()),
        *(("--every", said.every) if said.every else ()),
    )
    return (*typed, *options) or ("--dry-run",)
