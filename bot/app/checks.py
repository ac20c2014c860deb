"""One thing of an installation that works or does not, as a value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that can work or not.

    Attributes:
        age_seconds: how old the knowledge, or the thing itself, is.
        advice: what to do when it is not ok.
    """

    name: str
    ok: bool
    detail: str
    age_seconds: float | None = None
    advice: str = ""
