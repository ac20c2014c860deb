"""Sharing a private answer with its channel: asked anew, and only where account data may be shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import structlog
from slack_bolt import App, BoltContext
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.app.errors import UserError
from bot.app.people import Person, Role
from bot.app.scope import Scope, in_common
from bot.slack import ids
from bot.slack.failures import code_of
from bot.slack.middleware import SHARED_REFUSAL, Access
from bot.slack.sending import Place, Reply
from bot.slack.surroundings import Safely, Surroundings, asker
from bot.slack.views.answer import answer_message
from bot.slack.views.text import mrkdwn

_log = structlog.get_logger(__name__)
_NOT_THERE: Final = {"not_in_channel", "channel_not_found"}


@dataclass(frozen=True)
class ShareListeners:
    """The listener, with what it needs."""

    around: Surroundings

    def on_share(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Post the answer that a button stands below for everybody in the channel."""
        question = str(body["actions"][0].get("value") or "")
        share(self.around, question, asker(context), self.around.reply(body, context, client))


def share(around: Surroundings, question: str, person: Person, reply: Reply) -> None:
    """Ask again, and post the answer for everybody in the channel.

    Raises:
        UserError: the channel may not have it, the person may not, or there is no answer any more.
    """
    place = reply.place
    reason = _refusal(around, person, place)
    target = place.channel or "home"
    seen = reason or _seen_there(around, person, place)
    if isinstance(seen, str):
        around.services.audit.record(person.slack_id, "share", target, f"refused: {seen}", "slack")
        raise UserError(seen)
    answer = around.services.asking.ask(question, replace(person, scope=seen))
    if answer.not_understood is not None:
        raise UserError(answer.not_understood.reason, "Ask the question again.")
    note = f"Shared by {mrkdwn(person.name, 80)}"
    if seen != person.scope:
        note += "; of accounts that everybody here may see"
    try:
        reply.share(answer_message(answer, around.drawing(person, note)))
    except SlackApiError as error:
        if code_of(error) not in _NOT_THERE:
            raise
        raise UserError("I am not in this channel.", "Invite me, then share it again.") from None
    around.services.audit.record(person.slack_id, "share", target, question, "slack")
    _log.info("answer.shared", kind=answer.kind)


def _refusal(around: Surroundings, person: Person, place: Place) -> str | None:
    """Why this is not to be shared there; looked up anew, because a channel may have been opened since."""
    if not person.may(Role.MEMBER):
        return "You may not share answers; ask somebody who works with accounts."
    if place.channel is None or place.direct:
        return "There is nobody to share this with here."
    facts = around.channels.facts_now(place.channel)
    if place.shared or facts.shared:
        return SHARED_REFUSAL
    return None if facts.known else "I cannot see who reads this channel; invite me to it first."


def _seen_there(around: Surroundings, person: Person, place: Place) -> Scope | str:
    """The accounts that an answer there may be about; a sentence where it cannot be about any.

    Where the configuration lets everybody in the channel see answers, an administrator has decided it.
    """
    if place.public:
        return person.scope
    found = around.readers.common_scope(str(place.channel))
    if isinstance(found, str):
        return found
    seen = in_common((person.scope, found))
    return "There is no account that everybody in this channel may see." if seen.nothing else seen


def register(app: App, around: Surroundings, safely: Safely) -> None:
    """Listen to the button."""
    app.action(ids.SHARE, middleware=[Access(around, anew=True).check])(
        safely(ShareListeners(around).on_share)
    )
