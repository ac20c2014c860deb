"""Scoring accounts again: facts in; scores, changes, alerts and messages out, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime

from bot.app.config.published import Published, PublishedConfigurations
from bot.app.config.shape import nearest
from bot.app.errors import UserError
from bot.app.facts import EVERYBODY, LastRun, OrganisationFacts, RunSummary, Touched
from bot.app.look_back import days_before, end_of, looks_back
from bot.app.one_run import Cause, OneRun
from bot.app.ports import Clock
from bot.app.scoring_ports import Scores, ScoringTransaction
from scoring.config import Configuration, Segmentation
from scoring.criteria.periods import Today
from scoring.wording import written_day

REHEARSE = "Add --dry-run to see what the labels would be on that day."


class _UndoneError(Exception):
    """Leaves the transaction so that it is rolled back, and carries out what it found."""

    def __init__(self, summary: RunSummary) -> None:
        super().__init__("rehearsed")
        self.summary = summary


class Recompute:
    """The use case. A run reads, decides and writes behind the write lock; it calls no network."""

    def __init__(
        self,
        scores: Scores,
        configurations: PublishedConfigurations,
        clock: Clock,
        crm_url: Callable[[str], str | None],
        ahead: Callable[[], object] = lambda: None,
    ) -> None:
        """Take what it works with.

        Args:
            scores: the database.
            configurations: what is published.
            clock: the time.
            crm_url: where an account is shown.
            ahead: does before a run's transaction what takes long; it decides nothing, and is never undone.
        """
        self._scores = scores
        self._configurations = configurations
        self._clock = clock
        self._crm_url = crm_url
        self._ahead = ahead

    def run(
        self,
        cause: Cause,
        segmentation: str | None = None,
        *,
        keep: bool = True,
        as_of: date | None = None,
    ) -> RunSummary:
        """Score accounts as they stand in the cache.

        Args:
            cause: why; with ``change`` nothing is done unless sync marked an account, or a configuration was
                published that scores differently.
            segmentation: only this one; None is all of them.
            keep: False undoes it all in the end, by an exception; ``rehearse`` catches it.
            as_of: the day that is scored; None is today.

        Raises:
            UserError: there is no such segmentation; or the day is before that of the last run or still to
                come, and the run would be kept.
            ConfigurationError: no configuration is published, or its criteria do not fit the fields.
        """
        self._ahead()
        if keep and as_of is None:
            self._look_back(segmentation)
        with self._scores.transaction() as transaction:
            started = self._clock.now()
            touched = transaction.touched()
            published = self._configurations.current()
            if cause == "change" and not touched and not self._outdated(transaction, published):
                return RunSummary(cause, started, self._clock.now())
            chosen = _chosen(published.configuration, segmentation)
            organisation = transaction.organisation()
            marked, today = _marked(touched), organisation.today(published.configuration, started)
            if keep and as_of is not None and as_of > today.day:
                raise UserError(f"{written_day(as_of)} is still to come.", REHEARSE)
            day = replace(today, day=as_of or today.day)
            runs = (
                self._one(transaction, published, one, cause, started, organisation, day, marked, keep=keep)
                for one in chosen
            )
            parts = tuple(run.do() for run in runs if not run.waits())
            # A mark means "to be scored by every segmentation": one alone must not take it away.
            if len(chosen) == len(published.configuration.segmentations):
                transaction.clear_touched(touched)
            summary = RunSummary(cause, started, self._clock.now(), parts)
            if not keep:
                raise _UndoneError(summary)
            return summary

    def rehearse(self, segmentation: str | None = None, *, as_of: date | None = None) -> RunSummary:
        """What a run on command would do now, or of any other day; all of it is undone. Raises as ``run``."""
        try:
            self.run("command", segmentation, keep=False, as_of=as_of)
        except _UndoneError as undone:
            return undone.summary
        raise AssertionError("a rehearsal always ends by undoing")

    def _look_back(self, segmentation: str | None) -> None:
        """Score past days of what was never scored, each in a transaction of its own; one that stops goes on.

        Nothing is told of them, and the marks of sync stay for the run of today.
        """
        published = self._configurations.current()
        weeks = published.configuration.scoring.look_back_weeks
        for one in _chosen(published.configuration, segmentation) if weeks else ():
            if looks_back(one):
                self._score_past(published, one, weeks)

    def _score_past(self, published: Published, segmentation: Segmentation, weeks: int) -> None:
        with self._scores.transaction() as transaction:
            last = transaction.last_run(segmentation.name)
            organisation = transaction.organisation()
        today = organisation.today(published.configuration, self._clock.now())
        for day in days_before(today.day, weeks) if last is None or last.is_past else ():
            with self._scores.transaction() as transaction:
                last = transaction.last_run(segmentation.name)
                if last is not None and (not last.is_past or day <= last.as_of):
                    continue
                then, at = replace(today, day=day), end_of(day, today.zone)
                nobody: frozenset[str] = frozenset()
                self._one(
                    transaction, published, segmentation, "past", at, organisation, then, nobody, keep=True
                ).do()

    def _one(
        self,
        transaction: ScoringTransaction,
        published: Published,
        segmentation: Segmentation,
        cause: Cause,
        started: datetime,
        organisation: OrganisationFacts,
        today: Today,
        marked: frozenset[str] | None,
        *,
        keep: bool,
    ) -> OneRun:
        last = transaction.last_run(segmentation.name)
        earlier = last is not None and today.day < last.as_of
        if keep and last is not None and earlier:
            raise UserError(
                f"'{segmentation.name}' was last scored as of {written_day(last.as_of)}, so a run as of "
                f"{written_day(today.day)} cannot be kept: the history would be wrong.",
                REHEARSE,
            )
        goes_on = cause == "past" and last is not None
        return OneRun(
            transaction=transaction,
            published=published,
            segmentation=segmentation,
            cause=cause,
            started=started,
            organisation=organisation,
            today=today,
            last=last,
            touched=marked,
            baseline=earlier or (not goes_on and self._is_baseline(last, published, segmentation)),
            alone=earlier,
            now=self._clock.now,
            crm_url=self._crm_url,
        )

    def _outdated(self, transaction: ScoringTransaction, published: Published) -> bool:
        """Whether what was scored was scored by another configuration than the one in force."""
        runs = ((one, transaction.last_run(one.name)) for one in published.configuration.segmentations)
        return any(last is not None and self._is_baseline(last, published, one) for one, last in runs)

    def _is_baseline(self, last: LastRun | None, now: Published, segmentation: Segmentation) -> bool:
        """The first run with accounts, or the first since something changed that decides their scores.

        A new version that changes only words or routes is none: it would swallow real changes.
        """
        if last is None or last.accounts == 0 or last.is_past:
            return True
        if last.config_version == now.version:
            return False
        then = self._configurations.at(last.config_version)
        if then is None:
            return True
        same = (then.organisation, then.mapping) == (
            now.configuration.organisation,
            now.configuration.mapping,
        )
        return not same or segmentation not in then.segmentations


def _marked(touched: Sequence[Touched]) -> frozenset[str] | None:
    """The accounts that sync has marked; None when it was everybody."""
    marked = frozenset(one.account_id for one in touched)
    return None if EVERYBODY in marked else marked


def _chosen(configuration: Configuration, name: str | None) -> tuple[Segmentation, ...]:
    if name is None:
        return configuration.segmentations
    for one in configuration.segmentations:
        if one.name.casefold() == name.casefold():
            return (one,)
    known = [one.name for one in configuration.segmentations]
    raise UserError(f"There is no segmentation '{name}'.{nearest(name, known)}")
