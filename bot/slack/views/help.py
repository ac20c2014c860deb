"""Help: every example can be typed as it stands, and some can be pressed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from bot.slack import ids
from bot.slack.views import limits
from bot.slack.views.blocks import (
    Json,
    Message,
    actions,
    bullets,
    button,
    context,
    line,
    rich_text,
    run,
    sentence,
)
from bot.slack.views.drawing import Drawing
from bot.slack.views.text import plain

BUTTONS: Final = 4
TOPICS: Final = 20
EXAMPLES: Final = 12


class Topic(Protocol):
    """What ``bot.language.help`` gives: a title and sentences that work."""

    @property
    def title(self) -> str:
        """What the examples are about."""
        ...

    @property
    def examples(self) -> tuple[str, ...]:
        """Whole questions."""
        ...


def help_message(topics: Sequence[Topic], drawing: Drawing) -> Message:
    """What can be asked, by topic."""
    first = "Ask about your accounts in plain words, here, in a direct message, or with /bellwether."
    blocks: list[Json] = [sentence(run(first))]
    for topic in topics[:TOPICS]:
        examples = [line(run(plain(example), "code")) for example in topic.examples[:EXAMPLES]]
        heading = line(run(plain(topic.title), "bold"))
        blocks.append(rich_text(heading, *((bullets(examples),) if examples else ())))
    firsts = (topic.examples[0] for topic in topics if topic.examples)
    samples = [one for one in firsts if len(one) <= limits.BUTTON_VALUE][:BUTTONS]
    if samples:
        buttons = [
            button(sample, ids.numbered(ids.ASK, number), sample) for number, sample in enumerate(samples)
        ]
        blocks.append(actions(ids.owned("examples", drawing.asker), *buttons))
    if drawing.note:
        blocks.append(context(drawing.note))
    return Message("What you can ask Bellwether", tuple(blocks))
