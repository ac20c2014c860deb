"""Sentences about records that meet the criteria of purchases and do not count, or not with their money."""

from __future__ import annotations

from bot.app.facts import LeftOut


def left_out(found: LeftOut) -> tuple[str, ...]:
    """What did not count, so that nothing is left out in silence."""
    if not found.records:
        return found.remarks
    kinds = "Purchases without an account, without a date or with a later date"
    return (f"{kinds} do not count: {found.records:,}.", *found.remarks)
