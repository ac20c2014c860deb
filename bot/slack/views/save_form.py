"""The modal in which a question becomes a segment: its name, its criteria, and why."""

from __future__ import annotations

from typing import Final

from bot.app.saving import CRITERIA, LONGEST_CRITERIA, LONGEST_NAME, NAME
from bot.slack import ids
from bot.slack.views.blocks import Json, context, modal, text_input

NOTE: Final = "note"
LONGEST_NOTE: Final = 200
ERROR: Final = 2_000


def save_form(criteria: str, metadata: str) -> Json:
    """The modal; ``metadata`` says where the answer stands that it was opened from."""
    blocks = (
        text_input("Name", NAME, "", LONGEST_NAME),
        text_input("Criteria", CRITERIA, criteria, LONGEST_CRITERIA, multiline=True),
        text_input("Note", NOTE, "", LONGEST_NOTE, optional=True),
        context("A segment is part of the configuration: saving it publishes a new version."),
    )
    return modal("Save as segment", ids.SAVE_FORM, "Save", metadata, blocks)
