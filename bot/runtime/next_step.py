"""What to type next, from nothing to a first answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.app.checks import Check
from bot.store.recent_runs import SqlRuns

if TYPE_CHECKING:
    from bot.runtime.wiring import Bellwether

AGAIN, RUN = "bellwether doctor", "bellwether run"


@dataclass(frozen=True, slots=True)
class Step:
    """A command, and what it is for.

    Attributes:
        also: another one that can be typed as well; empty for none.
    """

    command: str
    why: str
    also: str = ""

    def lines(self) -> tuple[str, ...]:
        """As it is printed, without markup."""
        also = (f"Or: {self.also}",) if self.also else ()
        return (f"Next: {self.command}", f"    {self.why}", *also)


def next_step(bellwether: Bellwether) -> Step | None:
    """The next step of an installation whose connections work; None where everything has been done."""
    if bellwether.book.as_of() is None:
        return Step("bellwether sync", "It reads the CRM for the first time.")
    labels = bellwether.configuration().primary.labels
    ask = f'bellwether ask "show {labels[0].name if labels else "all"} accounts"'
    if not SqlRuns(bellwether.database).newest(1):
        return Step("bellwether score", "It gives each account a score and a label.")
    if not bellwether.health.process_check("web").ok:
        why = "It answers in Slack, where people write `help` to @bellwether, and goes on reading the CRM."
        return Step(RUN, why, ask)
    return None


def step_after(bellwether: Bellwether, checks: Sequence[Check]) -> Step | None:
    """The next step after an examination: what is wrong comes first."""
    wrong = sum(not one.ok for one in checks)
    if wrong:
        return Step(AGAIN, f"When what is marked ✗ above ({wrong}) has been put right.")
    return next_step(bellwether)
