"""Forms in which the configuration is edited: what, its fields, what it would do, and that it is done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Final

from bot.app.config.changing import Entry
from bot.app.config.editing import AFTER, KEYS, NAME, REMOVE, Edited
from bot.slack import ids
from bot.slack.views import limits
from bot.slack.views.blocks import (
    Json,
    bullets,
    context,
    line,
    modal,
    rich_text,
    run,
    sentence,
    text_input,
)
from bot.slack.views.form_parts import box, chosen, option, saying, searched
from bot.slack.views.text import plain

TITLE: Final = "Edit configuration"
ENTRY, WHY = "entry", "note"
NEW: Final = (Entry("segment", ""), Entry("route", ""))
LONGEST_FIELD: Final = 2_000
LONGEST_WHY: Final = 200
_LABELS: Final = {
    "criteria": "Criteria",
    "when": "When",
    "at_least": "At least so much money at stake",
    "channel": "Channel",
    "to": "Further destinations, one a line",
    "otherwise": "Channel when a person cannot be found",
    "cooldown": "Not again for, as 7 days",
    "digest": "Digest, as daily at 8:00",
}
_DIRECTIONS: Final = (("It got worse", "worse"), ("It got better", "better"), ("Either", "any"))
_LINES: Final = 12  # differences that are shown, and sentences of what the next run would do


def config_choice() -> Json:
    """Which entry."""
    found = searched("What", ENTRY, ids.CONFIG_ENTRY, "A segment, label or route", least=0)
    return modal(TITLE, ids.CONFIG_CHOICE, "Next", "", (found,))


def entry_options(found: Sequence[Entry], typed: str) -> list[Json]:
    """Entries whose name has the text in it, as options; new ones first."""
    wanted = typed.casefold()
    fitting = [one for one in (*NEW, *found) if wanted in entry_name(one).casefold()]
    return [option(entry_name(one), entry_key(one)) for one in fitting[: limits.OPTIONS]]


def entry_name(entry: Entry) -> str:
    """As the choice calls it."""
    if not entry.name:
        return f"New {entry.kind} …"
    said = f"{entry.of}: {entry.name}" if entry.of else entry.name
    return f"{entry.kind.capitalize()} · {said}"


def entry_key(entry: Entry) -> str:
    """The value of an option: names are longer than one may be."""
    whole = json.dumps([entry.kind, entry.name, entry.of])
    return hashlib.sha256(whole.encode()).hexdigest()[:40]


def config_form(edited: Edited, problem: str = "") -> Json:
    """The fields of one entry, as they stand."""
    kind = edited.entry.kind
    fields = [_field(kind, key, edited.values.get(key, "")) for key in KEYS[kind]]
    name = text_input("Name", NAME, edited.entry.name, 100)
    head = name if edited.new else sentence(run(plain(entry_name(edited.entry), 300), "bold"))
    gone = () if edited.new else (box("Or", REMOVE, f"Remove this {kind}"),)
    why = text_input("Why", WHY, edited.note, LONGEST_WHY, optional=True)
    said = (sentence(run("⚠ "), run(plain(problem, 600))),) if problem else ()
    carried = json.dumps(
        {
            "kind": kind,
            "name": edited.entry.name,
            "of": edited.entry.of,
            "basis": edited.basis,
            "new": edited.new,
        }
    )
    return modal(
        TITLE, ids.CONFIG_FORM, "Preview", carried, (*said, head, *fields, *_place(edited), *gone, why)
    )


def working_view(said: str) -> Json:
    """That something goes on."""
    return saying(TITLE, sentence(run("⏳ "), run(plain(said, 600))))


def confirm_view(metadata: str, differs: Sequence[str], does: Sequence[str]) -> Json:
    """What differs and what the next run would do; sending it publishes."""
    shown = [line(run(f"{plain(one, 400)}\n")) for one in differs[:_LINES]] or [line(run("Nothing."))]
    more = len(differs) - _LINES
    blocks = [sentence(run("What differs", "bold")), rich_text(*shown)]
    if more > 0:
        blocks.append(context(f"… and {more} more."))
    told = [line(run(plain(one, 200))) for one in does[:_LINES]] or [line(run("Nothing."))]
    blocks += [sentence(run("What the next run would do", "bold")), rich_text(bullets(told))]
    if len(does) > _LINES:
        blocks.append(context(f"… and {len(does) - _LINES} more."))
    blocks.append(context("Publishing makes this a new version of the configuration."))
    return modal(TITLE, ids.CONFIG_CONFIRM, "Publish", metadata, blocks)


def done_view(said: str) -> Json:
    """That it is in force."""
    return saying(TITLE, sentence(run("✅ "), run(plain(said, 600))))


def _place(edited: Edited) -> tuple[Json, ...]:
    """Which label a label comes after: the first whose criteria are met is given."""
    names = edited.order
    if len(names) < 2 or len(names) > limits.OPTIONS:  # noqa: PLR2004 - one has no other place
        return ()
    others = [one for one in names if one != edited.entry.name]
    options = [("First", "0"), *((f"After {name}", str(at + 1)) for at, name in enumerate(others))]
    return (chosen("Tried", AFTER, options, edited.values.get(AFTER, "")),)


def _field(kind: str, key: str, value: str) -> Json:
    if kind == "route" and key == "when":
        # Nothing is chosen where the document says nothing: what that means depends on the criteria.
        return chosen(_LABELS[key], key, _DIRECTIONS, value) | {"optional": True}
    label = "Criteria" if kind == "label" else _LABELS[key]
    many = key in {"criteria", "to"} or kind == "label"
    return text_input(label, key, value, LONGEST_FIELD, multiline=many, optional=kind == "route")
