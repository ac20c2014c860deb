"""Files in Slack: uploaded in three steps (an address, the bytes, the completion) into one conversation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from slack_sdk import WebClient

from bot.slack.views.text import plain

LONGEST_TITLE: Final = 150
LONGEST_ALT: Final = 1_000  # of a picture in words


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to upload.

    Attributes:
        name: as it is kept when somebody downloads it.
        title: what stands above it.
        alt: a picture in words, for those who do not see it; empty for other files.
    """

    name: str
    title: str
    content: bytes
    alt: str = ""


def upload(client: WebClient, channel: str, thread_ts: str | None, file: Attachment) -> None:
    """Upload a file into a conversation; the app must be in it. Errors are those of the Slack SDK."""
    client.files_upload_v2(
        channel=channel,
        thread_ts=thread_ts,
        content=file.content,
        filename=file.name,
        title=plain(file.title, LONGEST_TITLE),
        alt_txt=plain(file.alt, LONGEST_ALT) if file.alt else None,
    )
