"""Re-scores on command: who may, of what, and the job that does it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from difflib import get_close_matches

from bot.app.errors import UserError
from bot.app.people import Person, Role
from bot.app.ports import Audit, Clock, Jobs, Posted
from scoring.config import Configuration

KIND = "rescore"


class Rescoring:
    """The port ``bot.app.services.Rescoring``."""

    def __init__(
        self, jobs: Jobs, audit: Audit, clock: Clock, configuration: Callable[[], Configuration]
    ) -> None:
        self._jobs = jobs
        self._audit = audit
        self._clock = clock
        self._configuration = configuration

    def request(self, segmentation: str | None, person: Person, progress_at: Posted | None) -> int:
        """Queue a re-score of one segmentation, or of all; returns the job's number.

        Raises:
            UserError: no such segmentation (names the nearest), or the person may not.
        """
        target = segmentation or "all segmentations"
        if not person.may(Role.ADMIN):
            self._audit.record(person.slack_id or person.name, KIND, target, "refused", "slack")
            raise UserError(
                person.refusal or "Only administrators may re-score.",
                "Ask one of them, or wait for the daily run.",
            )
        name = self._known(segmentation)
        now = self._clock.now()
        args = {"segmentation": name, "progress_at": asdict(progress_at) if progress_at else None}
        number = self._jobs.enqueue(KIND, f"{now.isoformat()} {person.slack_id}", args, now)
        if number is None:
            raise UserError("That re-score was requested already.")
        self._audit.record(person.slack_id or person.name, KIND, target, f"job {number}", "slack")
        return number

    def _known(self, segmentation: str | None) -> str | None:
        if not segmentation:
            return None
        names = [one.name for one in self._configuration().segmentations]
        folded = {name.casefold(): name for name in names}
        found = folded.get(segmentation.casefold())
        if found is None:
            near = get_close_matches(segmentation.casefold(), folded, n=1, cutoff=0)
            raise UserError(
                f"There is no segmentation {segmentation!r}.",
                f"Did you mean {folded[near[0]]!r}?" if near else "",
            )
        return found
