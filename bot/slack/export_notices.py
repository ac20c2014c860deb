"""The port ``ExportNotices`` over Slack's Web API. Errors come out sorted."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO, Final

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.web import SlackResponse

from bot.app.errors import SendNever
from bot.app.exporting_rhythm import ExportSchedule
from bot.app.exporting_values import Export, download_name
from bot.app.ports import Posted
from bot.slack.client import MOST_WAITS, ShortRateLimitRetry
from bot.slack.failures import TRANSPORT_ERRORS, code_of, send_error
from bot.slack.sending import sendable
from bot.slack.views.blocks import Message
from bot.slack.views.export import export_message
from bot.slack.views.export_schedules import halted_message
from bot.slack.views.text import plain

UPLOAD_SECONDS: Final = 120  # a file of 50 MB over a slow line
_NO_COPY: Final = frozenset({"file_not_found", "file_deleted"})


class SlackExportNotices:
    """Tells a person of their export, in the message that it has and in their direct message."""

    def __init__(self, client: WebClient) -> None:
        # Only what Slack has refused is repeated: a lost answer may hide an upload that was done.
        self._client = WebClient(
            token=client.token,
            base_url=client.base_url,
            timeout=UPLOAD_SECONDS,
            ssl=client.ssl,
            retry_handlers=[ShortRateLimitRetry(max_retry_count=MOST_WAITS)],
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

    def tell(self, export: Export, link: str | None) -> Posted:
        """Say it in a new direct message; which one.

        Raises:
            SendError: Slack does not take it.
        """
        return self._post(export, export_message(export, link))

    def tell_halted(self, schedule: ExportSchedule) -> None:
        """Say in a direct message why a schedule does not go on.

        Raises:
            SendError: Slack does not take it.
        """
        self._post(schedule.wanted, halted_message(schedule))

    def upload(self, export: Export, file: BinaryIO) -> str:
        """Give the file in the person's direct message; Slack's id of it.

        It has no words with it: those stand in the export's own message, which can be drawn again.

        Raises:
            SendError: Slack does not take it.
        """
        channel, content = self._direct(export), file.read()
        name = download_name(export)
        answer = self._asked(
            lambda: self._client.files_upload_v2(
                channel=channel, content=content, filename=name, title=plain(name, 100)
            )
        )
        return str(answer["files"][0]["id"])

    def take_back(self, slack_file: str) -> None:
        """Remove a copy that was given; one that is not there any more is no error.

        Raises:
            SendError: Slack does not remove it.
        """
        try:
            self._client.files_delete(file=slack_file)
        except TRANSPORT_ERRORS as error:
            if not isinstance(error, SlackApiError) or code_of(error) not in _NO_COPY:
                raise send_error(error) from error

    def _post(self, export: Export, message: Message) -> Posted:
        channel = self._direct(export)
        drawn = sendable(message) | {"unfurl_links": False, "unfurl_media": False}
        answer = self._asked(lambda: self._client.chat_postMessage(channel=channel, **drawn))
        return Posted(channel, str(answer["ts"]))

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
