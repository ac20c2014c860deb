"""Forms, schedules and unfurled links with one value in each field of text: a part of ``hostile_views``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import get_args

from bot.app.administration import Administration, InForce, RecentRun, UnmatchedPerson
from bot.app.answers import AccountLine
from bot.app.config.changing import Entry, Kind
from bot.app.config.editing import KEYS, Edited
from bot.app.exporting_rhythm import ExportSchedule, Rhythm, ScheduleState
from bot.app.exporting_values import Export
from bot.slack.views.ask_form import ask_form, asked_view
from bot.slack.views.blocks import Json, Message, modal, run, sentence
from bot.slack.views.config_forms import (
    config_choice,
    config_form,
    confirm_view,
    done_view,
    entry_options,
    working_view,
)
from bot.slack.views.export_schedules import halted_message, scheduled_message
from bot.slack.views.form_parts import box, chosen, option, saying, searched
from bot.slack.views.note_form import note_choice, note_form, note_kept
from bot.slack.views.text import plain
from bot.slack.views.unfurl import account_unfurl
from tests.support.fake_services import NOW

CRM_LINK = "https://crm.example/accounts/1"  # where the CRM shows an account, as ``injection`` knows it
KINDS: tuple[Kind, ...] = get_args(Kind)


def every_form(value: str, line: AccountLine, many: int) -> Iterator[Json]:
    """Each modal of the shortcuts and of editing the configuration."""
    yield ask_form(2_000)
    yield asked_view(value)
    yield note_choice(value)
    yield note_form(line, value, value)
    yield note_kept(line, CRM_LINK)
    yield config_choice()
    name = value[:100] or "x"  # what the document lets a name be
    for kind in KINDS:
        values = dict.fromkeys(KEYS[kind], value)
        for new in (False, True):
            yield config_form(Edited(Entry(kind, name, name), values, 3, value, new), value)
    yield working_view(value)
    yield confirm_view("{}", (value,) * many, (value,) * many)
    yield confirm_view("{}", (), ())
    yield done_view(value)
    parts = (
        box("Or", "b", value),
        chosen("One", "c", [(value, "1")], "1"),
        searched("What", "s", "a", "Name"),
    )
    yield modal("Parts", "parts", "Send", "", parts)
    yield saying("Parts", sentence(run(plain(value))))


def offered(options: Sequence[Json]) -> Json:
    """A modal in which somebody chooses among options."""
    choice = chosen("One", "c", [("x", "1")])
    choice["element"]["options"] = list(options)
    return modal("Options", "options", "Send", "", (choice,))


def every_form_option(value: str) -> list[Json]:
    """Options that forms ask for while somebody types."""
    return [
        option(value, "o1"),
        *entry_options([Entry(kind, value[:100] or "x", value[:100]) for kind in KINDS], ""),
    ]


def every_schedule(value: str, wanted: Export) -> Iterator[Message]:
    """What is said of exports that are made again and again."""
    for one in schedules_of(value, wanted):
        yield scheduled_message(one)
        yield halted_message(one)


def schedules_of(value: str, wanted: Export) -> Sequence[ExportSchedule]:
    """A schedule in each state."""
    return [
        ExportSchedule(f"s{number}", wanted, Rhythm.MONDAY, state, NOW, reason=value)
        for number, state in enumerate(ScheduleState)
    ]


def unfurled(line: AccountLine) -> Json:
    """A link that is unfurled, as a message of its own."""
    return {"text": "account", **account_unfurl(line, CRM_LINK, {str(line.label): "🟢"})}


def administration_of(value: str, many: int) -> Administration:
    """What administrators see besides."""
    runs = tuple(RecentRun(value, value, NOW, NOW, status, 1, 1, 1) for status in ("done", value))
    people = (UnmatchedPerson(value, value), UnmatchedPerson(value, None))
    return Administration(runs, people, many, InForce(1, NOW, value, value, (value,) * many, 1, 1, 1))
