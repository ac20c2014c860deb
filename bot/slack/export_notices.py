"""The port ``ExportNotices`` over Slack's Web API. Errors come out sorted."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, Final

from slack_sdk import WebClient
from slack_sdk.errors import SlackRequestError
from slack_sdk.web import SlackResponse

from bot.app.errors import SendNever
from bot.app.exporting_rhythm import ExportSchedule
from bot.app.exporting_values import Export, download_name
from bot.slack.failures import TRANSPORT_ERRORS, send_error
from bot.slack.sending import sendable
from bot.slack.views.blocks import Message
from bot.slack.views.export import export_message, export_text
from bot.slack.views.export_schedules import halted_message
from bot.slack.views.text import plain

UPLOAD_SECONDS: Final = 120  # a file of 50 MB over a slow line


class SlackExportNotices:
    """Tells a person of their export, in the message that it has and in their direct message."""

    def __init__(self, client: WebClient) -> None:
        # Nothing is repeated by itself: a lost answer may hide an upload that was done.
        self._client = WebClient(
            token=client.token,
            base_url=client.base_url,
            timeout=UPLOAD_SECONDS,
            ssl=client.ssl,
            retry_handlers=[],
        )

    def show(self, export: Export, link: str | None) -> None:
        """Draw the export's message again; does nothing without one.

        Raises:
            SendError: Slack does not take it.
        """
        posted = export.posted
        if posted is not None:
            drawn = sendable(export_message(export, link))
            self._asked(lambda: self._client.chat_update(channel=posted.channel, ts=posted.ts, **drawn))

    def tell(self, export: Export, link: str | None) -> None:
        """Say it in a new direct message.

        Raises:
            SendError: Slack does not take it.
        """
        self._post(export, export_message(export, link))

    def tell_halted(self, schedule: ExportSchedule) -> None:
        """Say in a direct message why a schedule does not go on.

        Raises:
            SendError: Slack does not take it.
        """
        self._post(schedule.wanted, halted_message(schedule))

    def upload(self, export: Export, file: BinaryIO) -> None:
        """Give the file in the person's direct message; with the words about it where it has no message.

        Raises:
            SendError: Slack does not take it.
        """
        channel, content = self._direct(export), file.read()
        name = download_name(export)
        # One message and not two: Slack takes about one a second.
        comment = None if export.posted is not None else export_text(export)
        self._asked(
            lambda: self._client.files_upload_v2(
                channel=channel,
                content=content,
                filename=name,
                title=plain(name, 100),
                initial_comment=comment,
            )
        )

    def _post(self, export: Export, message: Message) -> None:
        channel = self._direct(export)
        drawn = sendable(message) | {"unfurl_links": False, "unfurl_media": False}
        self._asked(lambda: self._client.chat_postMessage(channel=channel, **drawn))

    def _direct(self, export: Export) -> str:
        opened = self._asked(lambda: self._client.conversations_open(users=export.slack_id))
        return str((opened.get("channel") or {})["id"])

    def _asked(self, call: Callable[[], SlackResponse]) -> SlackResponse:
        try:
            return call()
        except SlackRequestError as error:  # the upload itself, which is no call of the Web API
            raise SendNever("Slack did not take the file.") from error
        except TRANSPORT_ERRORS as error:
            raise send_error(error) from error
