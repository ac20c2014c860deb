"""What went wrong: one sentence, what to do, and a reference that stands in the log too."""

from __future__ import annotations

from bot.slack.views.blocks import Message, context, run, sentence
from bot.slack.views.text import mrkdwn, plain

FAILED = "Something went wrong, and that was not done."


def problem_message(what_happened: str, what_to_do: str = "", reference: str = "") -> Message:
    """A problem, told to the person whom it concerns."""
    said = " ".join(plain(part, 600) for part in (what_happened, what_to_do) if part) or FAILED
    block = sentence(run("⚠ "), run(said))
    blocks = (block, context(f"Reference {mrkdwn(reference, 40)}")) if reference else (block,)
    return Message(mrkdwn(said, 700), blocks)


def refusal_message(reason: str) -> Message:
    """Why somebody may not do that."""
    return Message(mrkdwn(reason, 700), (sentence(run("🔒 "), run(plain(reason, 600))),))
