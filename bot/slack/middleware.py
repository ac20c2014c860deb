"""What happens to every request before a listener sees it: a name for the logs, once only, and who may."""

from __future__ import annotations

import contextvars
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, ParamSpec, TypeVar

import structlog
from slack_bolt import Ack, BoltContext, BoltResponse
from slack_sdk import WebClient

from bot.app.people import Person, Role
from bot.app.services import Services
from bot.slack.sending import Place
from bot.slack.surroundings import Surroundings
from bot.slack.views.home import refused_home
from bot.slack.views.problem import refusal_message

_log = structlog.get_logger(__name__)
_P = ParamSpec("_P")
_T = TypeVar("_T")
Next = Callable[[], object]
# Their acknowledgement is empty; that of a modal or of a menu's options carries the answer.
_BARE: Final = {"event_callback", "block_actions", "message_action", "shortcut"}
SHARED_REFUSAL = "People of another organisation can read this channel, so I give no account data here."


class ContextExecutor(ThreadPoolExecutor):
    """Threads for listeners, in which the log context of the request goes on."""

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Run in a thread, with the caller's context variables."""
        context = contextvars.copy_context()
        return super().submit(lambda: context.run(fn, *args, **kwargs))


def name_request(body: dict[str, Any], context: BoltContext, next_: Next) -> None:
    """Give the request a reference, which stands in every log line and in what a person is told."""
    reference = secrets.token_hex(4)
    context["reference"] = reference
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(
        request=reference, arrived=kind_of(body), slack_user=context.user_id, channel=context.channel_id
    )
    next_()


def kind_of(body: Mapping[str, Any]) -> str:
    """What arrived: the event's type, the command, or the kind of interaction."""
    event = body.get("event") or {}
    return str(event.get("type") or body.get("command") or body.get("type") or "unknown")


@dataclass(frozen=True)
class Once:
    """Takes each delivery once. Slack sends an event again when its answer was late or lost."""

    services: Services

    def take(self, body: dict[str, Any], next_: Next) -> BoltResponse | None:
        """Go on with a new delivery; acknowledge a known one and do nothing."""
        name = body.get("event_id") or body.get("trigger_id")
        if name and not self.services.seen.first_time(str(name)):
            _log.info("delivery.known", delivery=name)
            return BoltResponse(status=200, body="")
        next_()
        return None


def is_bare(body: Mapping[str, Any]) -> bool:
    """Whether what is sent is acknowledged by an empty answer, which can so be given at any time."""
    return body.get("type") in _BARE or "command" in body


def acknowledge(body: dict[str, Any], ack: Ack, next_: Next) -> None:
    """Acknowledge what needs no answer, before a thread is free to work on it.

    Else Bolt looks every 10 ms whether it was acknowledged, for each request that waits for a thread, and
    after three seconds it says that nobody listens.
    """
    if is_bare(body):
        ack()
    next_()


@dataclass(frozen=True)
class Access:
    """Lets people through who may ask, and tells the others privately why they may not.

    Attributes:
        anew: whether rights are looked up anew: before what writes, exports or shares.
    """

    around: Surroundings
    anew: bool = False

    def check(
        self, body: dict[str, Any], context: BoltContext, client: WebClient, next_: Next
    ) -> BoltResponse | None:
        """Put the person into the context, or refuse: guests, strangers, and channels shared with others."""
        people = self.around.services.people
        person = (people.person_now if self.anew else people.person)(context.user_id or "")
        place = self.around.place(body, context)
        reason = refusal(person, place)
        if reason is None:
            context["person"] = person
            next_()
            return None
        self._refuse(reason, person, body, context, client)
        return BoltResponse(status=200, body="")

    def _refuse(
        self, reason: str, person: Person, body: dict[str, Any], context: BoltContext, client: WebClient
    ) -> None:
        where = context.channel_id or "home"
        _log.info("request.refused", reason=reason)
        self.around.services.audit.record(
            person.slack_id, kind_of(body), where, f"refused: {reason}", "slack"
        )
        if kind_of(body) == "app_home_opened":
            client.views_publish(user_id=person.slack_id, view=refused_home(reason))
        else:
            self.around.reply(body, context, client).whisper(refusal_message(reason))


def refusal(person: Person, place: Place) -> str | None:
    """Why this person gets nothing here; None when they do."""
    if not person.may(Role.VIEWER):
        return person.refusal or "You are not among the people who may ask me."
    return SHARED_REFUSAL if place.shared else None
