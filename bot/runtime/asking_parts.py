"""Puts together what answers questions of the kinds that are no list of accounts."""

from __future__ import annotations

from collections.abc import Mapping

from bot.app.ask import Answerer
from bot.language.question import Kind


def further_answers() -> Mapping[Kind, Answerer]:
    """An answerer for each kind that ``bot.app.ask`` does not answer itself."""
    return {}
