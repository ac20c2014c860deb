"""The forms behind an alert's buttons: whom, a task, a note, a reason. Values in, JSON out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from bot.app import acting
from bot.app.acting import CrmUserName
from bot.app.notices import AlertNotice
from bot.slack import ids
from bot.slack.views.alert_deeds import deed_line
from bot.slack.views.blocks import Json, context, run, sentence
from bot.slack.views.limits import OPTION_TEXT, OPTIONS
from bot.slack.views.text import plain

TITLES: Final = {
    acting.ASSIGN: ("Assign this alert", "Assign"),
    acting.TASK: ("Task in the CRM", "Create"),
    acting.NOTE: ("Note in the CRM", "Add"),
    acting.NOT_AT_RISK: ("Not at risk", "Keep"),
}
CALLBACK: Final = "alert_form"  # callback id: "alert_form:<kind>"
LISTED: Final = OPTIONS  # a list of people that is longer asks for its options
INPUT: Final = "given"  # the action id of every input that is no choice of people
OWNER_TOO: Final = "owner_too"


@dataclass(frozen=True, slots=True)
class Form:
    """A form that is to be filled in.

    Attributes:
        seen: the number of the newest action of the kind when it was opened.
        people: to choose from; None when they are too many to be listed.
        me: who fills it in, as a CRM user.
        place: channel and ts of the message whose button was pressed; empty on App Home.
    """

    kind: str
    notice: AlertNotice
    seen: int
    people: tuple[CrmUserName, ...] | None
    me: CrmUserName | None
    place: Mapping[str, str]


def alert_form(form: Form) -> Json:
    """The modal."""
    title, submit = TITLES[form.kind]
    blocks = {
        acting.ASSIGN: _assign_inputs,
        acting.TASK: _task_inputs,
        acting.NOTE: _note_inputs,
        acting.NOT_AT_RISK: _reason_inputs,
    }[form.kind](form)
    carried = {"alert": form.notice.alert_id, "seen": form.seen, "place": dict(form.place)}
    return {
        "type": "modal",
        "callback_id": f"{CALLBACK}:{form.kind}",
        "title": _text(title),
        "submit": _text(submit),
        "close": _text("Cancel"),
        "private_metadata": json.dumps(carried),
        "blocks": [_about(form.notice), *_known(form), *blocks],
    }


def message_modal(title: str, said: str) -> Json:
    """A modal that says something and can only be closed."""
    return {
        "type": "modal",
        "title": _text(title),
        "close": _text("Close"),
        "blocks": [sentence(run("⚠ "), run(plain(said, 1_000)))],
    }


def options(people: Sequence[CrmUserName]) -> list[Json]:
    """People to choose from; the value is the CRM's id."""
    return [_person(one) for one in people[:OPTIONS]]


def _about(notice: AlertNotice) -> Json:
    old, new = notice.old_label or "no label", notice.new_label or "no label"
    return sentence(
        run(plain(notice.account_name, 100), "bold"), run(f" {plain(old, 60)} → {plain(new, 60)}")
    )


def _known(form: Form) -> list[Json]:
    """What was done of this kind already, so that nobody does it twice."""
    done = [deed_line(one) for one in form.notice.deeds if one.kind == form.kind]
    return [context(*done[-3:])] if done else []  # apart: together they may be too long


def _assign_inputs(form: Form) -> list[Json]:
    also = {
        "type": "checkboxes",
        "action_id": INPUT,
        "options": [{"text": _text("Make them the account's owner in the CRM"), "value": OWNER_TOO}],
    }
    return [_whom("Whom", form, None), _input("owner", "Also", also, optional=True)]


def _task_inputs(form: Form) -> list[Json]:
    subject = _written(acting.LONGEST_SUBJECT, f"Call {plain(form.notice.account_name, 200)}")
    return [
        _input("subject", "Subject", subject),
        _input("due", "Due", {"type": "datepicker", "action_id": INPUT}, optional=True),
        _whom("Who does it", form, form.me),
    ]


def _note_inputs(_form: Form) -> list[Json]:
    return [_input("note", "Note", _written(acting.LONGEST_NOTE, multiline=True))]


def _reason_inputs(_form: Form) -> list[Json]:
    choices = [{"text": _text(said), "value": value} for value, said in acting.REASONS.items()]
    reason = {"type": "radio_buttons", "action_id": INPUT, "options": choices}
    words = _written(acting.LONGEST_REASON, multiline=True)
    return [_input("reason", "Why", reason), _input("words", "In your words", words, optional=True)]


def _whom(label: str, form: Form, initial: CrmUserName | None) -> Json:
    listed = form.people
    element: Json = {"action_id": ids.WHOM, "placeholder": _text("A CRM user")}
    if listed is None:
        element |= {"type": "external_select", "min_query_length": 0}
    else:
        element |= {"type": "static_select", "options": options(listed)}
    if initial is not None and (listed is None or initial in listed[:OPTIONS]):
        element["initial_option"] = _person(initial)
    return _input("whom", label, element)


def _person(one: CrmUserName) -> Json:
    return {"text": _text(plain(one.name, OPTION_TEXT)), "value": one.id}


def _written(most: int, initial: str = "", *, multiline: bool = False) -> Json:
    element: Json = {"type": "plain_text_input", "action_id": INPUT, "max_length": most}
    if multiline:
        element["multiline"] = True
    return element | ({"initial_value": initial} if initial else {})


def _input(block_id: str, label: str, element: Json, *, optional: bool = False) -> Json:
    block: Json = {"type": "input", "block_id": block_id, "label": _text(label), "element": element}
    return block | ({"optional": True} if optional else {})


def _text(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}


def given(values: Mapping[str, Any], block_id: str) -> str:
    """What was entered in a block: the text, the day, or the value of the choice; empty when nothing was."""
    element: Mapping[str, Any] = next(iter((values.get(block_id) or {}).values()), {}) or {}
    chosen = element.get("selected_option") or {}
    several = element.get("selected_options") or ()
    many = ",".join(str(one.get("value")) for one in several)
    return str(element.get("value") or element.get("selected_date") or chosen.get("value") or many or "")


def day_of(text: str) -> date | None:
    """A day that a picker gave; None for none.

    Raises:
        ValueError: it is no day.
    """
    return date.fromisoformat(text) if text else None
