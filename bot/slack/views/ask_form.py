"""The modal of the shortcut *Ask*: a question, and where its answer is."""

from __future__ import annotations

from typing import Final

from bot.slack import ids
from bot.slack.views.blocks import Json, context, modal, run, sentence, text_input
from bot.slack.views.form_parts import saying
from bot.slack.views.text import plain

QUESTION: Final = "question"
TITLE: Final = "Ask Bellwether"
_EXAMPLES: Final = (
    "For example `show VIP accounts in healthcare`, or `help`. The answer comes to our direct messages."
)


def ask_form(longest: int) -> Json:
    """The modal; a question has at most so many characters."""
    field = text_input("Your question", QUESTION, "", longest, multiline=True)
    return modal(TITLE, ids.ASK_FORM, "Ask", "", (field, context(_EXAMPLES)))


def asked_view(question: str) -> Json:
    """What stands in its place when the question is on its way."""
    return saying(
        TITLE,
        sentence(run(plain(question, 1_000), "italic")),
        sentence(run("I answer in our direct messages; there you can go on from it.")),
    )
