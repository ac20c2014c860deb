"""The workflow step *Find accounts*: a question in, how many and which accounts out.

Whoever builds a workflow chooses the person in whose name it asks, and where its results go; Slack does not
say who that was. So the step is off until the organisation switches it on, and every use is recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from slack_bolt import App, BoltContext
from slack_sdk import WebClient

from bot.app.answers import Answer
from bot.app.errors import UserError
from bot.language.question import Kind
from bot.slack import ids
from bot.slack.listeners.ask import AskListeners
from bot.slack.listeners.requests import request_handlers
from bot.slack.middleware import refusal
from bot.slack.sending import Place
from bot.slack.surroundings import Safely, Surroundings
from bot.slack.views.limits import LONGEST_QUESTION
from bot.slack.views.text import clip, mrkdwn

_log = structlog.get_logger(__name__)
SWITCHED_OFF: Final = (
    "The workflow step is switched off. An administrator of Bellwether switches it on with "
    "BELLWETHER_SLACK__WORKFLOW_STEP=true."
)
LONGEST_LIST: Final = 3_000
_FOUND: Final = {Kind.LIST, Kind.COUNT}


@dataclass(frozen=True)
class StepListener:
    """The listener, with what it needs."""

    around: Surroundings
    questions: AskListeners

    def on_step(self, body: dict[str, Any], _context: BoltContext, client: WebClient) -> None:
        """Find the accounts, and tell the workflow; why there are none, ``listeners.problem`` tells it."""
        event: Mapping[str, Any] = body["event"]
        execution = str(event["function_execution_id"])
        outputs = self._found(event.get("inputs") or {})
        client.functions_completeSuccess(function_execution_id=execution, outputs=outputs)

    def _found(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        if not self.around.workflow_step:
            raise UserError(SWITCHED_OFF)
        slack_id, text = str(inputs.get("person") or ""), str(inputs.get("question") or "")
        if not slack_id:
            raise UserError("The step says nobody in whose name it asks.", "Name a person in the workflow.")
        person = self.around.services.people.person_now(slack_id)  # what it finds leaves our hands
        reason = refusal(person, Place(slack_id))
        typed = self.questions.typed(text[:LONGEST_QUESTION], None)
        outcome = f"refused: {reason}" if reason else typed
        self.around.services.audit.record(slack_id, "workflow step", "accounts", outcome, "workflow")
        if reason is not None:
            raise UserError(reason)
        answer = self.around.services.asking.ask(typed, person, pressed=True)
        if answer.not_understood is not None:
            raise UserError(answer.not_understood.reason, "Change the question in the workflow.")
        if answer.kind not in _FOUND:
            raise UserError("Only a question for accounts can be asked here.", "Ask for a list of them.")
        _log.info("step.answered", total=answer.total)
        return outputs_of(answer)


def outputs_of(answer: Answer) -> dict[str, Any]:
    """What the workflow gets: a number, and texts that a message can take without pinging anybody."""
    lines = [
        " · ".join(mrkdwn(one, 80) for one in (line.name, line.label, line.owner) if one)
        for line in answer.accounts
    ]
    return {
        "count": answer.total,
        "accounts": clip("\n".join(lines), LONGEST_LIST) or "none",
        "read_as": mrkdwn(answer.read_as, 1_000),
    }


def register(app: App, around: Surroundings, safely: Safely) -> None:
    """Listen to the step."""
    own = StepListener(around, AskListeners(around, request_handlers(around)))
    app.function(ids.FIND_ACCOUNTS)(safely(own.on_step))
