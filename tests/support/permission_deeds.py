"""Everything that can be done to us in Slack: commands, questions, buttons, forms, searches."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from slack_bolt.request import BoltRequest

from bot.app import acting
from bot.slack import ids
from bot.slack.views.alert_modals import CALLBACK
from bot.slack.views.export import ALL, COLUMNS
from tests.support.canary_world import ACCOUNTS, FAR, CanaryWorld, canary, hidden, slack_id
from tests.support.fake_services import FakeWorld
from tests.support.slack_requests import Chat, click_body

_numbers = itertools.count(1)
CHANNELS = {"public": "CSALES", "private": "COPS", "direct": "", "shared": "CSHARED"}
ANYWHERE = "anywhere"  # modals, options and App Home stand in no channel
CITY = f"{canary(FAR)[:-1]}ville"  # a slip of the pen away from a city that hardly anybody sees
TRADE = f"{canary(FAR)[:-1]} trade"
# {near}: what the asker calls an account of their own, {far}: one that only administrators see.
QUESTIONS = (
    "all accounts",
    "top 5 accounts by spend",
    "accounts sorted by city",
    "how many accounts?",
    "how many accounts per industry?",
    "how many accounts per city?",
    "where are our best customers?",
    "accounts owned by me",
    "accounts owned by Elsa Where",
    "accounts with Tier empty",
    f"accounts in {CITY}",
    f"accounts in {TRADE}",
    f"accounts with deals in {canary(FAR)[:-1]} stage",
    "how is {near} doing?",
    "how is {far} doing?",
    "why is {near} slipping?",
    "why is {far} slipping?",
    "what should I offer {near}?",
    "what should I offer {far}?",
    "who should I pitch Widget to?",
    f"who should I pitch {canary(FAR)[:-1]} consulting to?",
    "who left Top this month?",
    "who was Top in November?",
    "how are our customers doing?",
    "revenue by quarter",
    "revenue by industry",
    "revenue by city",
    "pipeline",
    "win rate by owner",
    "average spend by state",
    "share of Good accounts by industry",
    "accounts whose contact is Pat",
    "chart accounts per city",
    "help",
    "exports",
    "rescore",
    "rescore Purchases",
    "nonsense that nobody understands",
)
FOLLOW_UPS = ("next 3", "sorted by city", "only Good", "export this", "chart", "share this", "undo")


class Slack(Chat):
    """A chat that keeps the answers to what is delivered too: options, errors of forms."""

    def __init__(self, of: CanaryWorld) -> None:
        # Of which it takes services and configuration.
        super().__init__(cast("FakeWorld", of), of.slack, with_workflow_step=True)
        self.answered: list[str] = []

    def deliver(self, body: Mapping[str, Any], headers: dict[str, str] | None = None) -> int:
        request = BoltRequest(mode="socket_mode", body=dict(body), headers=headers)  # type: ignore[arg-type]
        response = self.app.dispatch(request)
        self.answered.append(response.body or "")
        self._wait()
        return int(response.status)


@dataclass(frozen=True)
class Somebody:
    """Who does it, and where.

    Attributes:
        kind: of the channel.
    """

    role: str
    scope: str
    kind: str

    @property
    def user(self) -> str:
        return slack_id(self.role)

    @property
    def channel(self) -> str:
        return CHANNELS.get(self.kind) or f"D{self.user[1:]}"

    @property
    def near(self) -> str:
        return next((nick for nick, (whose, _) in ACCOUNTS.items() if whose == self.role), FAR)

    def canaries(self) -> frozenset[str]:
        """What they must not see there."""
        # Nothing of the organisation may be in a channel that others share.
        unseen = ACCOUNTS if self.kind == "shared" else hidden(self.role, self.scope)
        return frozenset(canary(nick).casefold() for nick in unseen)


Do = Callable[[Slack, CanaryWorld, Somebody], None]


@dataclass(frozen=True)
class Deed:
    """One thing that can be done; ``anywhere``: it is not done in a channel."""

    name: str
    do: Do
    anywhere: bool = False


def deeds() -> list[Deed]:
    """All of them."""
    return [*_typed(), *_gone_on(), *_pressed(), *_of_alerts(), *_of_exports(), *_elsewhere()]


def _typed() -> Iterator[Deed]:
    """Questions."""

    def says(question: str) -> Do:
        return lambda slack, _of, who: _say(slack, who, _put(question, who))

    def commands(question: str) -> Do:
        return lambda slack, _of, who: _drop(slack.command(_put(question, who), who.user, who.channel))

    for question in QUESTIONS:
        yield Deed(f"says {question}", says(question))
        yield Deed(f"commands {question}", commands(question))


def _gone_on() -> Iterator[Deed]:
    """In threads."""

    def goes_on(follow_up: str) -> Do:
        def do(slack: Slack, _of: CanaryWorld, who: Somebody) -> None:
            ts = f"5.{next(_numbers)}"
            _say(slack, who, "all accounts", thread_ts=ts)
            _say(slack, who, follow_up, thread_ts=ts)

        return do

    def after_another(question: str) -> Do:
        """An administrator asks in the thread what only they see; then somebody goes on."""

        def do(slack: Slack, of: CanaryWorld, who: Somebody) -> None:
            ts, boss = f"5.{next(_numbers)}", Somebody("admin", who.scope, who.kind)
            where = {"channel": who.channel, "ts": ts, "ephemeral": True}
            slack.deliver(_click(slack, boss, {"action_id": ids.ASK, "value": question}, thread=ts, **where))
            of.slack.calls.clear()
            slack.answered.clear()
            for text in ("sorted by spend", "why?", "chart"):
                _say(slack, who, text, thread_ts=ts)

        return do

    for one in FOLLOW_UPS:
        yield Deed(f"goes on {one}", goes_on(one))
    for question in (f"accounts in {canary(FAR)}ville", f"how is {FAR} {canary(FAR)} doing?"):
        yield Deed(f"goes on after an administrator: {question}", after_another(question))


def _pressed() -> Iterator[Deed]:
    """Buttons carry whatever somebody puts into them."""
    carried = ("all accounts", "accounts sorted by city", "how is {far} doing?", "revenue by city")
    for action in (ids.ASK, ids.CHART, ids.SAVE, ids.SHARE, ids.EXPORT):
        for question in carried:
            yield Deed(f"{action} {question}", _presses(action, question))
    for question in (*carried, f"accounts in {CITY}"):
        page = json.dumps({"q": question, "offset": 1})
        yield Deed(f"page {question}", _presses(ids.PAGE, page))
        learnt = json.dumps({"q": question, "word": "zzyzx", "as": f"accounts in {CITY}"})
        yield Deed(f"reading {question}", _presses(ids.READING, learnt))
        yield Deed(f"keeps a word {question}", _presses(ids.KEEP_WORD, learnt))
        yield Deed(f"sorts {question}", _chooses(ids.SORT, f"?{question}"))
    yield Deed("rescore", _presses(ids.RESCORE, "Purchases"))
    yield Deed("sorts by", _chooses(ids.SORT, "+city"))


def _of_alerts() -> Iterator[Deed]:
    def on(nick: str, action: str, suffix: str = "", *, chosen: bool = False) -> Do:
        def do(slack: Slack, of: CanaryWorld, who: Somebody) -> None:
            value = f"{of.alert_of(who.near if nick == '{near}' else nick)}{suffix}"
            press = _chooses(action, value) if chosen else _presses(action, value)
            press(slack, of, who)

        return do

    def form(nick: str, kind: str) -> Do:
        entered = {
            acting.ASSIGN: {"whom": "else"},
            acting.TASK: {"subject": "Call them", "due": "", "whom": "else"},
            acting.NOTE: {"note": "They called."},
            acting.NOT_AT_RISK: {"reason": "seasonal", "words": ""},
        }

        def do(slack: Slack, of: CanaryWorld, who: Somebody) -> None:
            number = of.alert_of(who.near if nick == "{near}" else nick)
            carried = json.dumps({"alert": number, "seen": 0, "place": {}})
            slack.answered.append(
                json.dumps(slack.submit(f"{CALLBACK}:{kind}", entered[kind], carried, who.user))
            )

        return do

    for nick in ("{near}", FAR):
        for action in (ids.ACKNOWLEDGE, ids.ASSIGN, ids.EXPLAIN, ids.OPEN_IN_CRM):
            yield Deed(f"{action} {nick}", on(nick, action))
        yield Deed(f"snooze {nick}", on(nick, ids.SNOOZE, ":7", chosen=True))
        for kind in (acting.TASK, acting.NOTE, acting.NOT_AT_RISK):
            yield Deed(f"more {kind} {nick}", on(nick, ids.MORE, f":{kind}", chosen=True))
        for kind in (acting.ASSIGN, acting.TASK, acting.NOTE, acting.NOT_AT_RISK):
            yield Deed(f"form {kind} {nick}", form(nick, kind), anywhere=True)


def _of_exports() -> Iterator[Deed]:
    def on_anothers(action: str) -> Do:
        return lambda slack, of, who: _presses(action, of.someone_elses_export)(slack, of, who)

    def whole(question: str) -> Do:
        """Ask for a file, choose everything, and have it written."""

        def do(slack: Slack, of: CanaryWorld, who: Somebody) -> None:
            _presses(ids.EXPORT, question)(slack, of, who)
            for view in of.slack.of("views.open"):
                draft = view["view"]["private_metadata"]
                slack.deliver(_submission(who, ids.EXPORT_MODAL, draft))

        return do

    for action in (ids.EXPORT_OPEN, ids.EXPORT_CANCEL, ids.EXPORT_SEND):
        yield Deed(f"{action} of another", on_anothers(action))
    yield Deed("sorts exports", _chooses(ids.EXPORT_SORT, "when"))
    for question in ("all accounts", "accounts sorted by city", "accounts where spend > 1"):
        yield Deed(f"exports {question}", whole(question))


def _elsewhere() -> Iterator[Deed]:
    def saves(name: str, criteria: str) -> Do:
        def do(slack: Slack, _of: CanaryWorld, who: Somebody) -> None:
            entered = {"name": f"{name} {next(_numbers)}", "criteria": criteria, "note": ""}
            slack.answered.append(json.dumps(slack.submit(ids.SAVE_FORM, entered, "{}", who.user)))

        return do

    def searches(action: str, text: str) -> Do:
        def do(slack: Slack, _of: CanaryWorld, who: Somebody) -> None:
            body = {
                "type": "block_suggestion",
                "team": {"id": "T0"},
                "user": {"id": who.user, "team_id": "T0"},
                "action_id": action,
                "block_id": "b",
                "value": text,
                "view": {"id": "V1", "type": "modal"},
            }
            slack.deliver(body)

        return do

    yield Deed("opens home", lambda slack, _of, who: _drop(slack.open_home(who.user)), anywhere=True)
    yield Deed("saves what is not known", saves("S", f'industry = "{TRADE}"'), anywhere=True)
    yield Deed("saves nonsense", saves("S", "industry = = 1"), anywhere=True)
    for text in ("", canary(FAR)[:3]):
        yield Deed(f"searches fields {text}", searches(ids.EXPORT_FIELDS, text), anywhere=True)
        yield Deed(f"searches people {text}", searches(ids.WHOM, text), anywhere=True)


def _put(question: str, who: Somebody) -> str:
    return question.replace("{near}", who.near).replace("{far}", FAR)


def _say(slack: Slack, who: Somebody, text: str, **event: Any) -> None:
    if who.kind == "direct":
        slack.direct(text, who.user, **event)
    else:
        slack.mention(text, who.user, who.channel, shared=who.kind == "shared", **event)


def _presses(action: str, value: str) -> Do:
    def do(slack: Slack, _of: CanaryWorld, who: Somebody) -> None:
        pressed = {"action_id": action, "value": _put(value, who)}
        slack.deliver(_click(slack, who, pressed, channel=who.channel, ts="9.1", ephemeral=True))

    return do


def _chooses(action: str, value: str) -> Do:
    def do(slack: Slack, _of: CanaryWorld, who: Somebody) -> None:
        chosen = {"text": {"type": "plain_text", "text": "x"}, "value": _put(value, who)}
        pressed = {"type": "static_select", "action_id": action, "selected_option": chosen}
        slack.deliver(_click(slack, who, pressed, channel=who.channel, ts="9.1", ephemeral=True))

    return do


def _click(
    slack: Slack, who: Somebody, action: Mapping[str, Any], *, thread: str | None = None, **where: Any
) -> dict[str, Any]:
    body = click_body(action, who.user, f"{slack.slack.base_url}/respond/2", **where)
    if thread:
        body["container"]["thread_ts"] = thread
    return body


def _submission(who: Somebody, callback_id: str, metadata: str) -> dict[str, Any]:
    every = {COLUMNS: {COLUMNS: {"selected_option": {"value": ALL}}}}
    view = {"type": "modal", "callback_id": callback_id, "private_metadata": metadata, "blocks": []}
    return {
        "type": "view_submission",
        "team": {"id": "T0"},
        "user": {"id": who.user, "team_id": "T0"},
        "trigger_id": f"trigger-of-export-{next(_numbers)}",
        "view": view | {"state": {"values": every}},
    }


def _drop(_status: int) -> None:
    """The status says nothing here: what is sent is looked at."""
