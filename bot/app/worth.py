"""What makes an account worth more, where labels are proposed."""

from __future__ import annotations

from enum import StrEnum


class Worth(StrEnum):
    """Deals that are won more often, or more money spent."""

    WINS = "wins"
    SPEND = "spend"
