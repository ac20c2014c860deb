"""What goes wrong is told to the person whom it concerns; what nobody listens to is acknowledged."""

from __future__ import annotations

import re
from typing import Any, Final

import structlog
from slack_bolt import Ack, App, BoltContext
from slack_sdk import WebClient

from bot.app.errors import UserError
from bot.slack.listeners.ask import is_direct_message, is_mention
from bot.slack.middleware import kind_of
from bot.slack.surroundings import Body, Surroundings
from bot.slack.views.alert_modals import message_modal
from bot.slack.views.blocks import Json, Message
from bot.slack.views.home import refused_home
from bot.slack.views.problem import FAILED, problem_message

_log = structlog.get_logger(__name__)
_ANYTHING: Final = re.compile(".*", re.DOTALL)
WORKFLOW_STEP: Final = "function_executed"  # the event's type: a workflow waits for its end, good or bad
TRY_AGAIN: Final = "Try it once more; if it fails again, give an administrator this reference."


def problem_for(error: Exception, reference: str) -> Message:
    """What a person is told of an error: their own mistakes as they are, ours by a reference."""
    if isinstance(error, UserError):
        return problem_message(error.what_happened, error.what_to_do)
    return problem_message(FAILED, TRY_AGAIN, reference)


def problem_view(error: Exception, reference: str) -> Json:
    """The same in place of a form."""
    return message_modal("That was not done", sentence_for(error, reference))


def sentence_for(error: Exception, reference: str) -> str:
    """The same as a text, for places that take no blocks."""
    if isinstance(error, UserError):
        return f"{error.what_happened} {error.what_to_do}".strip()
    return f"{FAILED} {TRY_AGAIN} Reference {reference}"


def is_for_us(body: Body) -> bool:
    """Whether somebody waits for an answer to this: not so for what merely happens in a channel."""
    if "event" not in body:
        return True
    event = body["event"]
    return kind_of(body) == "app_home_opened" or is_mention(event) or is_direct_message(event)


def tell_problem(
    around: Surroundings, error: Exception, body: dict[str, Any], context: BoltContext, client: WebClient
) -> None:
    """Tell the person, privately, or the workflow, if anybody waits. Errors are those of Slack."""
    reference = str(context.get("reference", ""))
    if kind_of(body) == WORKFLOW_STEP:
        execution = str(body["event"]["function_execution_id"])
        client.functions_completeError(function_execution_id=execution, error=sentence_for(error, reference))
        return
    if not context.user_id or not is_for_us(body):
        return
    if kind_of(body) == "app_home_opened":
        said = f"{FAILED} Reference {reference}"
        client.views_publish(user_id=context.user_id, view=refused_home(said))
        return
    around.reply(body, context, client).whisper(problem_for(error, reference))


def register(app: App) -> None:
    """Acknowledge whatever no other listener took: Slack repeats what is not acknowledged. Register last."""

    def on_anything(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        _log.debug("request.ignored", what=kind_of(body))

    def on_options(ack: Ack) -> None:
        ack(options=[])

    for kind in (app.event, app.command, app.action, app.shortcut, app.view_submission, app.view_closed):
        kind(_ANYTHING)(on_anything)
    app.options(_ANYTHING)(on_options)
