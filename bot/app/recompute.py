"""Scoring accounts again: facts in; scores, changes, alerts and messages out, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from bot.app.alerting import Alerting, RunContext, Told
from bot.app.alerts import RunFacts
from bot.app.changes import label_changes, relabelled
from bot.app.config import Published, PublishedConfigurations
from bot.app.config_shape import nearest
from bot.app.errors import ConfigurationError, UserError
from bot.app.facts import (
    AccountChange,
    AccountFacts,
    ChangesOfRun,
    LastRun,
    OrganisationFacts,
    RunRecord,
    RunSummary,
    SegmentationRun,
)
from bot.app.ports import Clock, Scores, ScoringTransaction
from scoring.config import Configuration, RfmSegmentation
from scoring.criteria.errors import CriteriaError
from scoring.criteria.periods import Today
from scoring.explain import reasons
from scoring.labels import places, read_rules
from scoring.rfm import RfmResult, ordinals, score
from scoring.standings import NO_SCORE, Moves, Standings, compare

Cause = Literal["first", "daily", "change", "command"]
LabelCounts = tuple[tuple[str | None, int], ...]


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
    ) -> None:
        self._scores = scores
        self._configurations = configurations
        self._clock = clock
        self._crm_url = crm_url

    def run(self, cause: Cause, segmentation: str | None = None, *, keep: bool = True) -> RunSummary:
        """Score accounts as they stand in the cache.

        Args:
            cause: why; with ``change`` nothing is done unless sync marked an account, or a configuration was
                published that scores differently.
            segmentation: only this one; None is all of them.
            keep: False undoes it all in the end, by an exception; ``rehearse`` catches it.

        Raises:
            UserError: there is no such segmentation.
            ConfigurationError: no configuration is published, or its criteria do not fit the fields.
        """
        with self._scores.transaction() as transaction:
            started = self._clock.now()
            touched = transaction.touched()
            published = self._configurations.current()
            if cause == "change" and not touched and not self._outdated(transaction, published):
                return RunSummary(cause, started, self._clock.now())
            chosen = _chosen(published.configuration, segmentation)
            organisation = transaction.organisation()
            parts = tuple(
                self._one(transaction, published, one, cause, started, organisation) for one in chosen
            )
            # A mark means "to be scored by every segmentation": one alone must not take it away.
            if len(chosen) == len(published.configuration.segmentations):
                transaction.clear_touched(touched)
            summary = RunSummary(cause, started, self._clock.now(), parts)
            if not keep:
                raise _UndoneError(summary)
            return summary

    def rehearse(self, segmentation: str | None = None) -> RunSummary:
        """What a run on command would do now; everything of it is undone. Raises as ``run``."""
        try:
            self.run("command", segmentation, keep=False)
        except _UndoneError as undone:
            return undone.summary
        raise AssertionError("a rehearsal always ends by undoing")

    def _one(
        self,
        transaction: ScoringTransaction,
        published: Published,
        segmentation: RfmSegmentation,
        cause: Cause,
        started: datetime,
        organisation: OrganisationFacts,
    ) -> SegmentationRun:
        last = transaction.last_run(segmentation.name)
        configuration = published.configuration
        today = _today(configuration, organisation, started)
        run = _Run(
            transaction=transaction,
            published=published,
            segmentation=segmentation,
            cause=cause,
            started=started,
            currency=organisation.currency,
            today=today,
            last=last,
            baseline=self._is_baseline(last, published, segmentation),
            now=self._clock.now,
            crm_url=self._crm_url,
        )
        return run.do()

    def _outdated(self, transaction: ScoringTransaction, published: Published) -> bool:
        """Whether what was scored was scored by another configuration than the one in force."""
        runs = ((one, transaction.last_run(one.name)) for one in published.configuration.segmentations)
        return any(last is not None and self._is_baseline(last, published, one) for one, last in runs)

    def _is_baseline(self, last: LastRun | None, now: Published, segmentation: RfmSegmentation) -> bool:
        """The first run with accounts, or the first since something changed that decides their scores.

        A new version that changes only words or routes is none: it would swallow real changes.
        """
        if last is None or last.accounts == 0:
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


@dataclass(frozen=True)
class _Run:
    """One run of one segmentation, step by step."""

    transaction: ScoringTransaction
    published: Published
    segmentation: RfmSegmentation
    cause: Cause
    started: datetime
    currency: str
    today: Today
    last: LastRun | None
    baseline: bool
    now: Callable[[], datetime]
    crm_url: Callable[[str], str | None]

    def do(self) -> SegmentationRun:
        facts, result, standings = self._score()
        moves = compare(self.transaction.standings(self.segmentation.name), standings)
        changes = self._changes(moves)
        labels = _label_counts(self._labels, standings)
        run_id = self._save_run(result, len(standings), len(changes))
        change_ids = self._save(run_id, moves, changes)
        told = self._tell(run_id, list(zip(change_ids, changes, strict=True)), labels)
        return SegmentationRun(
            segmentation=self.segmentation.name,
            run_id=run_id,
            as_of=self.today.day,
            accounts=len(standings),
            scored=standings.scored,
            written=len(moves),
            label_changes=len(changes),
            baseline=self.baseline,
            alerts=told.alerts,
            summaries=told.summaries,
            held=told.held,
            labels=labels,
            warnings=(*result.warnings, *_left_out(facts, moves)),
        )

    @property
    def _labels(self) -> tuple[str, ...]:
        return tuple(label.name for label in self.segmentation.labels)

    def _score(self) -> tuple[AccountFacts, RfmResult, Standings]:
        try:
            facts = self.transaction.facts(self.segmentation, self.published.configuration, self.today)
            result = score(facts.frame, self.segmentation, self.today)
            rules = read_rules(self.segmentation.labels, facts.catalog)
        except CriteriaError as error:
            raise ConfigurationError(
                f"The criteria of '{self.segmentation.name}' do not fit the CRM's fields: {error}",
                "Run `bellwether config check`, correct the line it names, and apply the document.",
            ) from None
        named = result.frame.assign(rfm=result.frame["total"], total_spend=result.frame["spend_minor"])
        labels = places(named, rules, facts.catalog, self.today)
        return facts, result, _standings(facts.ids, named, labels, self._labels)

    def _changes(self, moves: Moves) -> list[AccountChange]:
        # Only those that had none at the last run have to be looked up in the history.
        unlabelled = [account for account, (old, _) in relabelled(moves).items() if old.label is None]
        return label_changes(
            moves,
            self._labels,
            self.transaction.had_label(self.segmentation.name, unlabelled),
            new_day=self.last is None or self.last.as_of != self.today.day,
        )

    def _save_run(self, result: RfmResult, accounts: int, changed: int) -> int:
        return self.transaction.save_run(
            RunRecord(
                segmentation=self.segmentation.name,
                cause=self.cause,
                as_of=self.today.day,
                started_at=self.started,
                finished_at=self.now(),
                accounts=accounts,
                changed=changed,
                config_version=self.published.version,
                thresholds=result.thresholds,
            )
        )

    def _save(self, run_id: int, moves: Moves, changes: Sequence[AccountChange]) -> list[int]:
        name = self.segmentation.name
        self.transaction.save_scores(name, run_id, self.started, moves)
        return self.transaction.save_changes(
            ChangesOfRun(
                segmentation=name,
                run_id=run_id,
                as_of=self.today.day,
                at=self.started,
                baseline=self.baseline,
                changes=tuple(
                    (one, reasons(one.old, one.new, self.today.day, self.currency)) for one in changes
                ),
            )
        )

    def _tell(self, run_id: int, changes: Sequence[tuple[int, AccountChange]], labels: LabelCounts) -> Told:
        context = RunContext(
            facts=RunFacts(self.segmentation.name, self._labels, self.baseline),
            run_id=run_id,
            day=self.today.day,
            at=self.started,
            currency=self.currency,
            first=self.last is None or self.last.accounts == 0,
            labels=labels,
        )
        alerting = Alerting(self.transaction, context, self.crm_url)
        return alerting.tell(changes, self.published.configuration.alerts.routes)


def _chosen(configuration: Configuration, name: str | None) -> tuple[RfmSegmentation, ...]:
    if name is None:
        return configuration.segmentations
    for one in configuration.segmentations:
        if one.name.casefold() == name.casefold():
            return (one,)
    known = [one.name for one in configuration.segmentations]
    raise UserError(f"There is no segmentation '{name}'.{nearest(name, known)}")


def _today(configuration: Configuration, organisation: OrganisationFacts, now: datetime) -> Today:
    zone = ZoneInfo(configuration.organisation.time_zone or organisation.time_zone)
    return Today(now.astimezone(zone).date(), configuration.organisation.fiscal_year_starts, zone)


def _standings(
    ids: pa.Array, frame: pd.DataFrame, label: npt.NDArray[np.int64], names: tuple[str, ...]
) -> Standings:
    r, f, m = (frame[name].to_numpy(dtype=np.int64, na_value=NO_SCORE) for name in ("r", "f", "m"))
    return Standings(
        ids,
        ordinals(frame["last_purchase"]),
        frame["purchases"].to_numpy(dtype=np.int64),
        frame["spend_minor"].to_numpy(dtype=np.int64),
        r,
        f,
        m,
        label,
        names,
    )


def _label_counts(labels: Sequence[str], standings: Standings) -> LabelCounts:
    found = standings.counts()
    return tuple((label, found.get(label, 0)) for label in (*labels, None))


def _left_out(facts: AccountFacts, moves: Moves) -> tuple[str, ...]:
    """What did not count, so that nothing is left out in silence."""
    lines = []
    if facts.uncounted:
        lines.append(
            "Purchases without an account, without a date or with a later date do not count: "
            f"{facts.uncounted:,}."
        )
    if len(moves.gone):
        lines.append(f"Accounts that were deleted or take no part any more: {len(moves.gone):,}.")
    return tuple(lines)
