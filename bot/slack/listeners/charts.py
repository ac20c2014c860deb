"""Charts: an answer as a picture, where the answer is seen."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import Any, Final

import structlog
from slack_bolt import App, BoltContext
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.app.answers import Answer
from bot.app.errors import UserError
from bot.app.picturing import drawable
from bot.app.ports import Pictures
from bot.slack import ids
from bot.slack.failures import TRANSPORT_ERRORS, advice
from bot.slack.files import Attachment
from bot.slack.middleware import Access
from bot.slack.sending import Place, Reply
from bot.slack.surroundings import Safely, Surroundings, asker
from bot.slack.views.alert import text_message
from bot.slack.views.limits import BUTTON_VALUE

_log = structlog.get_logger(__name__)
ONE_CLICK_SECONDS: Final = 20  # a second click within them is the impatience of the first
ELSEWHERE: Final = "The chart is in our direct messages: only you can see it."
NOT_TAKEN: Final = "Slack did not take the chart."
UNCLEAR: Final = "Slack did not answer: the chart may be there, or not."
LATER: Final = "Try it again in a minute."


@dataclass(frozen=True)
class ChartListeners:
    """The listeners, with what they need."""

    around: Surroundings

    def on_chart(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Draw the answer to the question that a button carries, asked anew for whoever pressed it."""
        question = str(body["actions"][0].get("value") or "")[:BUTTON_VALUE]
        person, reply = asker(context), self.around.reply(body, context, client)
        if self._is_second_click(question, reply.place):
            return
        answer = self.around.services.asking.ask(question, person)
        post_chart(answer, reply, self.around.services.pictures)

    def _is_second_click(self, question: str, place: Place) -> bool:
        """Whether the same person has just asked for the same chart; any process may have taken that."""
        period = int(self.around.services.clock.now().timestamp() // ONE_CLICK_SECONDS)
        click = "\n".join((place.user, place.channel or "", place.message_ts or "", question, str(period)))
        digest = hashlib.sha256(click.encode()).hexdigest()[:40]
        return not self.around.services.seen.first_time(f"chart:{digest}")


def post_chart(answer: Answer, reply: Reply, pictures: Pictures) -> None:
    """Draw an answer and upload the picture where the answer is seen; a private one to the person alone.

    Raises:
        UserError: there is nothing to draw, it cannot be drawn, or Slack does not take it.
    """
    picture = drawable(answer)
    started = time.monotonic()
    file = Attachment("chart.png", picture.title, pictures.png(picture), picture.alt)
    drawn = time.monotonic()
    try:
        reply.attach(file, text_message(ELSEWHERE))
    except TRANSPORT_ERRORS as error:
        _log.warning("chart.not_taken", reason=f"{type(error).__name__}: {error}")
        raise _not_taken(error) from error
    _log.info(
        "chart.posted",
        shape=picture.shape,
        bytes=len(file.content),
        milliseconds=round((drawn - started) * 1000),
        upload_milliseconds=round((time.monotonic() - drawn) * 1000),
    )


def _not_taken(error: Exception) -> UserError:
    if isinstance(error, SlackApiError):
        return UserError(NOT_TAKEN, advice(error) or LATER)
    return UserError(UNCLEAR, LATER)


def register(app: App, around: Surroundings, safely: Safely) -> None:
    """Listen to the buttons of charts."""
    own, checks = ChartListeners(around), [Access(around).check]
    app.action(ids.any_number_of(ids.CHART), middleware=checks)(safely(own.on_chart))
