"""What a view needs beside the value that it draws."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bot.slack.views.marks import Marks


@dataclass(frozen=True, slots=True)
class Drawing:
    """The circumstances of one message.

    Attributes:
        now: the present, for ages.
        marks: the coloured mark of each label.
        asker: whose question it is (Slack id): the buttons edit the message for them alone.
        note: one more sentence of mrkdwn below, as "only you can see this".
        private: they alone see it, in a channel where it could be shared.
        may_save: they may save questions as segments.
        may_export: they may export, or others who might see it.
    """

    now: datetime
    marks: Marks = field(default_factory=dict)
    asker: str = ""
    note: str = ""
    private: bool = False
    may_save: bool = False
    may_export: bool = False
