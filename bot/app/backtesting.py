"""Trying techniques on the organisation's own past: which segmentation, which days, what is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from bot.app.backtest_plans import Attempt, Past, Tried, attempt, chosen, tried_techniques
from bot.app.config.published import PublishedConfigurations
from bot.app.errors import ConfigurationError, UserError
from bot.app.facts import OrganisationFacts
from bot.app.ports import Clock
from scoring.backtest.days import NotMeasurableError, chosen_days
from scoring.backtest.results import Backtest
from scoring.config import Configuration
from scoring.criteria.errors import CriteriaError
from scoring.criteria.periods import Today


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to be tried.

    Attributes:
        technique, segmentation: at least one of them.
        cutoffs: so many past days, or these; None: as many as there are, up to four.
        horizon_days: None: that of the segmentation.
    """

    technique: str | None = None
    segmentation: str | None = None
    cutoffs: int | Sequence[date] | None = None
    horizon_days: int | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A back-test, on which day it was made."""

    as_of: date
    made_at: datetime
    backtest: Backtest

    def as_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "as_of": self.as_of.isoformat(),
            "made_at": self.made_at.isoformat(),
            **self.backtest.as_json(),
        }


class PastRecords(Protocol):
    """The records in the local copy."""

    def organisation(self) -> OrganisationFacts:
        """Time zone and currency."""
        ...

    def reading(
        self, segmentation: str, configuration: Configuration, today: Today
    ) -> AbstractContextManager[Past]:
        """Read as of one moment."""
        ...


class Backtests(Protocol):
    """Where back-tests are kept."""

    def keep(self, made: Made) -> None:
        """In the place of one of the same segmentation and day; very old ones are forgotten."""
        ...

    def last(self, technique: str | None, segmentation: str | None) -> Made | None:
        """The newest one; None without any."""
        ...


class Backtesting:
    """The use case. The database is read first; nothing is held open while it is computed."""

    def __init__(
        self,
        records: PastRecords,
        backtests: Backtests,
        configurations: PublishedConfigurations,
        clock: Clock,
    ) -> None:
        self._records = records
        self._backtests = backtests
        self._configurations = configurations
        self._clock = clock

    def run(self, asked: Asked) -> Made:
        """Try a technique.

        Raises:
            UserError: no such technique or segmentation, or the past does not allow it.
            ConfigurationError: no configuration is published, or its criteria do not fit the fields.
        """
        configuration = self._configurations.current().configuration
        return self._try(configuration, chosen(configuration, asked.technique, asked.segmentation), asked)

    def nightly(self, stop_if_asked: Callable[[], None]) -> Mapping[str, str]:
        """Try every segmentation and keep what came of it; what is found of each, in a sentence."""
        configuration = self._configurations.current().configuration
        found: dict[str, str] = {}
        for plan in tried_techniques(configuration):
            stop_if_asked()
            try:
                made = self._try(configuration, plan, Asked())
            except UserError as error:  # too young an organisation is no trouble
                found[plan.name] = str(error)
                continue
            self._backtests.keep(made)
            found[plan.name] = made.backtest.verdict[0]
        return found

    def last(self, technique: str | None, segmentation: str | None) -> Made:
        """The newest one that was kept.

        Raises:
            UserError: none is kept, or there is no such technique or segmentation.
        """
        if technique or segmentation:
            configuration = self._configurations.current().configuration
            plan = chosen(configuration, technique, segmentation)
            technique, segmentation = plan.technique, plan.name if segmentation else None
        made = self._backtests.last(technique, segmentation)
        if made is None:
            raise UserError(
                "No back-test is kept yet.",
                "One is made every night; `bellwether backtest --technique leaving` makes one now.",
            )
        return made

    def _try(self, configuration: Configuration, plan: Tried, asked: Asked) -> Made:
        now = self._clock.now()
        organisation = self._records.organisation()
        zone = ZoneInfo(configuration.organisation.time_zone or organisation.time_zone)
        today = Today(now.astimezone(zone).date(), configuration.organisation.fiscal_year_starts, zone)
        try:
            with self._records.reading(plan.name, configuration, today) as past:
                prepared: Attempt = attempt(plan, past, configuration)
            horizon = prepared.horizon_days if asked.horizon_days is None else asked.horizon_days
            trial = chosen_days(prepared.first, today, horizon, asked.cutoffs)
            return Made(today.day, now, prepared.run(trial))
        except NotMeasurableError as error:
            raise UserError(f"'{plan.name}' cannot be tried on the past: {error}") from None
        except CriteriaError as error:
            raise ConfigurationError(
                f"The criteria of '{plan.name}' do not fit the CRM's fields: {error}",
                "Run `bellwether config check`, correct the line it names, and apply the document.",
            ) from None
