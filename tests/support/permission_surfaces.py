"""What can be done to us on Slack's further surfaces: shortcuts, notes, links, workflow steps, schedules."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

from bot.app.config.changing import Entry
from bot.app.config.editing import NAME
from bot.slack import ids
from bot.slack.views.config_forms import ENTRY, entry_key
from bot.slack.views.export import ALL, COLUMNS, CONTACTS, KEYWORDS, REPEAT, ROLES, ROWS
from bot.slack.views.note_form import ACCOUNT, NOTE
from tests.support.canary_world import FAR, CanaryWorld, canary
from tests.support.permission_deeds import CITY, Deed, Do, Slack, Somebody, deeds
from tests.support.slack_requests import click_body, event_body

_numbers = itertools.count(1)
SEARCHED = (canary(FAR)[:4], FAR[:4], "{near}", "a")
ASKED = ("all accounts", "how is {far} doing?", "accounts sorted by city", f"accounts in {CITY}", "help")
ENRICHED = ("enrich {near}", "enrich {far}", "enrich all accounts", "enrich history", "enrich history {far}")


def every_deed() -> list[Deed]:
    """All that can be done, here and in ``permission_deeds``."""
    return [*deeds(), *_asked(), *_noted(), *_linked(), *_stepped(), *_repeated(), *_edited(), *_enriched()]


def _asked() -> Iterator[Deed]:
    def opens(slack: Slack, _of: CanaryWorld, who: Somebody) -> None:
        slack.deliver(_interaction(who, "shortcut", callback_id=ids.ASK_SHORTCUT))

    def sends(question: str) -> Do:
        return lambda slack, _of, who: _submit(slack, who, ids.ASK_FORM, {"question": _put(question, who)})

    def begins(slack: Slack, _of: CanaryWorld, who: Somebody) -> None:
        thread = {"user_id": who.user, "channel_id": f"D{who.user[1:]}", "thread_ts": "7.7", "context": {}}
        slack.deliver(event_body("assistant_thread_started", assistant_thread=thread))

    yield Deed("opens the shortcut Ask", opens, anywhere=True)
    yield Deed("begins a thread with the agent", begins, anywhere=True)
    for question in ASKED:
        yield Deed(f"asks in a form {question}", sends(question), anywhere=True)


def _noted() -> Iterator[Deed]:
    def opens(slack: Slack, _of: CanaryWorld, who: Somebody) -> None:
        message = {"text": "They called.", "user": who.user, "ts": "1700000000.1"}
        where = {"channel": {"id": who.channel, "name": "x"}, "message": message}
        slack.deliver(_interaction(who, "message_action", callback_id=ids.LOG_SHORTCUT, **where))

    def chooses(nick: str) -> Do:
        values = {ACCOUNT: nick, NOTE: "They called."}
        return lambda slack, _of, who: _submit(
            slack, who, ids.LOG_CHOICE, {one: _account(text, who) for one, text in values.items()}
        )

    def writes(nick: str) -> Do:
        return lambda slack, _of, who: _submit(
            slack, who, ids.LOG_FORM, {NOTE: "They called."}, _account(nick, who)
        )

    yield Deed("opens the shortcut Log to account", opens)
    for text in SEARCHED:
        yield Deed(f"searches accounts {text}", _searches(ids.ACCOUNT, text), anywhere=True)
    for nick in ("{near}", "{far}"):
        yield Deed(f"chooses {nick} for a note", chooses(nick), anywhere=True)
        yield Deed(f"writes a note to {nick}", writes(nick), anywhere=True)


def _linked() -> Iterator[Deed]:
    def posts(nick: str) -> Do:
        def do(slack: Slack, of: CanaryWorld, who: Somebody) -> None:
            url = of.bellwether.crm_url(_account(nick, who))
            links = [{"url": url, "domain": "crm.zoho.com"}]
            event = {"channel": who.channel, "user": who.user, "message_ts": "1.1", "links": links}
            slack.deliver(event_body("link_shared", shared=who.kind == "shared", **event))

        return do

    for nick in ("{near}", "{far}"):
        yield Deed(f"posts a link to {nick}", posts(nick))


def _stepped() -> Iterator[Deed]:
    def runs(question: str) -> Do:
        def do(slack: Slack, _of: CanaryWorld, who: Somebody) -> None:
            inputs = {"question": _put(question, who), "person": who.user}
            step = {"callback_id": ids.FIND_ACCOUNTS}
            slack.deliver(
                event_body("function_executed", function=step, inputs=inputs, function_execution_id="Fx1")
            )

        return do

    for question in ASKED:
        yield Deed(f"runs a workflow {question}", runs(question), anywhere=True)


def _repeated() -> Iterator[Deed]:
    """Exports of contacts, and exports that a schedule makes later."""

    def exports(question: str, **chosen: str) -> Do:
        def do(slack: Slack, of: CanaryWorld, who: Somebody) -> None:
            of.keep_one_schedule()
            pressed = {"action_id": ids.EXPORT, "value": _put(question, who)}
            where = {"channel": who.channel, "ts": "9.1", "ephemeral": True}
            slack.deliver(click_body(pressed, who.user, f"{slack.slack.base_url}/respond/2", **where))
            for view in of.slack.of("views.open"):
                draft = str(view["view"]["private_metadata"])
                _submit(slack, who, ids.EXPORT_MODAL, {COLUMNS: ALL, **chosen}, draft, of_choices=True)
            of.run_schedules()

        return do

    def on_anothers(verb: str) -> Do:
        def do(slack: Slack, of: CanaryWorld, who: Somebody) -> None:
            of.keep_one_schedule()
            option = {
                "text": {"type": "plain_text", "text": "x"},
                "value": f"{verb}:{of.someone_elses_export}",
            }
            pressed = {"type": "static_select", "action_id": ids.EXPORT_SCHEDULE, "selected_option": option}
            where = {"channel": who.channel, "ts": "9.1", "ephemeral": True}
            slack.deliver(click_body(pressed, who.user, f"{slack.slack.base_url}/respond/2", **where))

        return do

    for question in ("all accounts", "accounts sorted by city"):
        yield Deed(f"exports contacts {question}", exports(question, **{ROWS: CONTACTS}))
        yield Deed(f"exports every Monday {question}", exports(question, **{REPEAT: "monday"}))
    for block in (ROLES, KEYWORDS):
        marked = {ROWS: CONTACTS, block: f"{canary(FAR)[:-1]} role"}
        yield Deed(f"exports contacts by unknown {block}", exports("all accounts", **marked))
    for verb in ("stop", "resume"):
        yield Deed(f"{verb}s the schedule of another", on_anothers(verb))


def _edited() -> Iterator[Deed]:
    def presses(slack: Slack, _of: CanaryWorld, who: Somebody) -> None:
        pressed = {"action_id": ids.CONFIG_EDIT, "value": "edit"}
        slack.deliver(click_body(pressed, who.user, f"{slack.slack.base_url}/respond/2"))

    def chooses(slack: Slack, _of: CanaryWorld, who: Somebody) -> None:
        _submit(slack, who, ids.CONFIG_CHOICE, {ENTRY: entry_key(Entry("route", "Worse"))})

    def fills(callback_id: str) -> Do:
        """Of a version that is over: nobody's edit is published here."""
        about = {"kind": "segment", "name": "S", "of": "", "basis": 0, "new": True}
        carried = json.dumps({**about, "values": {"criteria": f'city = "{CITY}"'}, "note": ""})
        values = {NAME: "S", "criteria": f'city = "{CITY}"'}
        return lambda slack, _of, who: _submit(slack, who, callback_id, values, carried)

    yield Deed("edits the configuration", presses, anywhere=True)
    yield Deed("searches entries", _searches(ids.CONFIG_ENTRY, ""), anywhere=True)
    yield Deed("chooses an entry", chooses, anywhere=True)
    for callback_id in (ids.CONFIG_FORM, ids.CONFIG_CONFIRM):
        yield Deed(f"sends {callback_id}", fills(callback_id), anywhere=True)


def _enriched() -> Iterator[Deed]:
    def says(text: str) -> Do:
        return lambda slack, _of, who: _drop(slack.command(_put(text, who), who.user, who.channel))

    for text in ENRICHED:
        yield Deed(f"commands {text}", says(text))


def _searches(action: str, text: str) -> Do:
    def do(slack: Slack, _of: CanaryWorld, who: Somebody) -> None:
        where = {"action_id": action, "block_id": "b", "view": {"id": "V1", "type": "modal"}}
        slack.deliver(_interaction(who, "block_suggestion", value=_put(text, who), **where))

    return do


def _submit(
    slack: Slack,
    who: Somebody,
    callback_id: str,
    values: Mapping[str, str],
    metadata: str = "",
    *,
    of_choices: bool = False,
) -> None:
    """Send a form; what is answered is kept with what is sent."""
    state = {name: {name: _entered(name, text, chosen=of_choices)} for name, text in values.items()}
    view = {"id": f"V{next(_numbers)}", "type": "modal", "callback_id": callback_id, "blocks": []}
    held = {**view, "private_metadata": metadata, "state": {"values": state}}
    slack.deliver(_interaction(who, "view_submission", view=held))


def _entered(name: str, text: str, *, chosen: bool) -> dict[str, Any]:
    if not chosen:
        return {"type": "plain_text_input", "value": text}
    option = {"text": {"type": "plain_text", "text": "x"}, "value": text}
    return {"selected_options": [option]} if name in (ROLES, KEYWORDS) else {"selected_option": option}


def _interaction(who: Somebody, kind: str, **more: Any) -> dict[str, Any]:
    person = {"team": {"id": "T0"}, "user": {"id": who.user, "team_id": "T0"}}
    return {"type": kind, **person, "trigger_id": f"trigger-of-surface-{next(_numbers)}", **more}


def _account(text: str, who: Somebody) -> str:
    """The id of the account that is meant, where one is."""
    return {"{near}": f"a{who.near}", "{far}": f"a{FAR}"}.get(text, text)


def _put(text: str, who: Somebody) -> str:
    return text.replace("{near}", who.near).replace("{far}", FAR)


def _drop(_status: int) -> None:
    """The status says nothing here: what is sent is looked at."""
