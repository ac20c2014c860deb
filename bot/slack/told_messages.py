"""Editing messages of ours from a worker: what somebody asked for goes on, and its one message says so."""

from __future__ import annotations

from slack_sdk import WebClient

from bot.app.ports import Posted
from bot.slack.failures import TRANSPORT_ERRORS, send_error
from bot.slack.sending import sendable
from bot.slack.views.blocks import Message


class ToldMessages:
    """Messages that have been posted. Errors come out sorted."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def show(self, posted: Posted, message: Message) -> None:
        """Draw a message again.

        Raises:
            SendError: Slack does not take it.
        """
        try:
            self._client.chat_update(channel=posted.channel, ts=posted.ts, **sendable(message))
        except TRANSPORT_ERRORS as error:
            raise send_error(error) from error
