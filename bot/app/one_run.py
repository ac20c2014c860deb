"""One run of one segmentation: score, compare with the last run, keep what differs, tell what changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from bot.app.alerting import Alerting, RunContext, Told
from bot.app.alerts import RunFacts
from bot.app.changes import label_changes, relabelled
from bot.app.config import Published
from bot.app.errors import ConfigurationError
from bot.app.facts import (
    AccountChange,
    ChangesOfRun,
    LastRun,
    OrganisationFacts,
    RunRecord,
    SegmentationRun,
)
from bot.app.scoring_ports import ScoringTransaction
from bot.app.technique_rules import label_names
from bot.app.techniques.registry import technique_of
from bot.app.techniques.technique import (
    LEARN_EVERY_DAYS,
    Changes,
    Evidence,
    Learned,
    Scored,
    Situation,
    Technique,
    no_standings,
)
from scoring.config import Segmentation
from scoring.criteria.errors import CriteriaError
from scoring.criteria.periods import Today
from scoring.rfm import Standing
from scoring.standings import Moves, Standings, compare

Cause = Literal["first", "daily", "change", "command"]
LabelCounts = tuple[tuple[str | None, int], ...]


@dataclass(frozen=True)
class OneRun:
    """One run of one segmentation, step by step."""

    transaction: ScoringTransaction
    published: Published
    segmentation: Segmentation
    cause: Cause
    started: datetime
    organisation: OrganisationFacts
    today: Today
    last: LastRun | None
    touched: frozenset[str] | None  # the accounts that sync has marked; None: everybody
    baseline: bool
    alone: bool  # nothing that was found later may have a say: the labels of an earlier day, rehearsed
    now: Callable[[], datetime]
    crm_url: Callable[[str], str | None]

    def do(self) -> SegmentationRun:
        """All of it.

        Raises:
            ConfigurationError: the segmentation's criteria do not fit the organisation's fields.
        """
        scored = self._score()
        standings = scored.standings
        moves = compare(self._before, standings)
        changes = self._changes(moves)
        labels = _label_counts(self._labels, standings)
        run_id = self._save_run(scored, len(changes))
        change_ids = self._save(run_id, scored, moves, changes)
        told = self._tell(run_id, list(zip(change_ids, changes, strict=True)), labels)
        return SegmentationRun(
            segmentation=self.segmentation.name,
            technique=self.segmentation.technique,
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
            warnings=(*scored.warnings, *_gone(moves)),
        )

    @cached_property
    def _technique(self) -> Technique[Any]:
        return technique_of(self.segmentation)

    @cached_property
    def _labels(self) -> tuple[str, ...]:
        return label_names(self.segmentation)

    @cached_property
    def _situation(self) -> Situation[Any]:
        before = self._before
        return Situation(
            segmentation=self.segmentation,
            configuration=self.published.configuration,
            today=self.today,
            currency=self.organisation.currency,
            learned=self._learned(),
            before=no_standings(self._technique.columns) if self.alone else before,
            baseline=self.baseline,
        )

    @cached_property
    def _before(self) -> Standings:
        name = self.segmentation.name
        if self.last is not None and self.last.technique != self.segmentation.technique:
            # What another technique said under this name is no standing of this one.
            self.transaction.forget_scores(name, self.today.day)
        return self.transaction.standings(name, self._technique.columns, details=self._technique.details)

    def _learned(self) -> Learned | None:
        """What may be used: of this configuration, not of a later day, and not too old but on a change."""
        learned = self.transaction.learned(self.segmentation.name) if self._technique.learns else None
        if learned is None or self.baseline or learned.as_of > self.today.day:
            return None
        age = (self.today.day - learned.as_of).days
        return learned if self.cause == "change" or age < LEARN_EVERY_DAYS else None

    def _score(self) -> Scored:
        evidence = self.transaction.evidence(self.segmentation.name, self.published.configuration, self.today)
        try:
            changed = self._score_changes(evidence)
            return self._technique.score(evidence, self._situation) if changed is None else changed
        except CriteriaError as error:
            raise ConfigurationError(
                f"The criteria of '{self.segmentation.name}' do not fit the CRM's fields: {error}",
                "Run `bellwether config check`, correct the line it names, and apply the document.",
            ) from None

    def _score_changes(self, evidence: Evidence) -> Scored | None:
        """On a change from the last run and what is different since, where that tells everything."""
        some, last = self._technique.score_changes, self.last
        marked = self.touched
        if some is None or last is None or self.baseline or self.cause != "change" or marked is None:
            return None
        return some(evidence, self._situation, Changes(marked, last.as_of))

    def _changes(self, moves: Moves) -> list[AccountChange]:
        # Only those that had none at the last run have to be looked up in the history.
        pairs = relabelled(moves)
        unlabelled = [account for account, (old, _) in pairs.items() if old.label is None]
        changes = label_changes(
            moves,
            pairs,
            self._labels,
            self.transaction.had_label(self.segmentation.name, unlabelled),
            own=not self._technique.neighbours_move or self.last is None or self.last.as_of != self.today.day,
        )
        return self._with_stakes(self._with_details(changes, moves))

    def _with_details(self, changes: list[AccountChange], moves: Moves) -> list[AccountChange]:
        """The old standings with the details that the comparison did without."""
        if moves.before.details is not None or "digest" not in self._technique.columns:
            return changes
        found = self.transaction.details(self.segmentation.name, [one.account_id for one in changes])
        return [replace(one, old=replace(one.old, details=found.get(one.account_id))) for one in changes]

    def _with_stakes(self, changes: list[AccountChange]) -> list[AccountChange]:
        """The money at stake by the technique itself, or else by RFM; spend is RFM's own."""
        columns = self._technique.columns
        if ("spend_minor" in columns and "value_minor" not in columns) or not changes:
            return changes
        primary = self.published.configuration.primary.name
        spend = self.transaction.spend(primary, [one.account_id for one in changes])
        return [replace(one, stake_minor=_stake(one, spend.get(one.account_id, 0))) for one in changes]

    def _save_run(self, scored: Scored, changed: int) -> int:
        return self.transaction.save_run(
            RunRecord(
                segmentation=self.segmentation.name,
                cause=self.cause,
                as_of=self.today.day,
                started_at=self.started,
                finished_at=self.now(),
                accounts=len(scored.standings),
                changed=changed,
                config_version=self.published.version,
                technique=self.segmentation.technique,
                thresholds=scored.thresholds,
                warnings=scored.warnings,
            )
        )

    def _save(self, run_id: int, scored: Scored, moves: Moves, changes: Sequence[AccountChange]) -> list[int]:
        name, day = self.segmentation.name, self.today.day
        self.transaction.save_scores(name, run_id, self.started, moves)
        self.transaction.save_history(name, run_id, day, moves)
        if scored.offers is not None:
            self.transaction.save_offers(name, run_id, scored.offers)
        if scored.learned is not None:
            learned = Learned(day, self.published.version, scored.learned)
            self.transaction.save_learned(name, self.segmentation.technique, learned, self.started)
        return self.transaction.save_changes(
            ChangesOfRun(
                segmentation=name,
                run_id=run_id,
                as_of=day,
                at=self.started,
                baseline=self.baseline,
                changes=tuple((one, self._reasons(one.old, one.new)) for one in changes),
            )
        )

    def _reasons(self, old: Standing, new: Standing) -> tuple[str, ...]:
        return self._technique.reasons(old, new, self._situation)

    def _tell(self, run_id: int, changes: Sequence[tuple[int, AccountChange]], labels: LabelCounts) -> Told:
        context = RunContext(
            facts=RunFacts(self.segmentation.name, self._labels, self.baseline),
            run_id=run_id,
            day=self.today.day,
            at=self.started,
            currency=self.organisation.currency,
            first=self.last is None or self.last.accounts == 0,
            labels=labels,
            reasons=self._reasons,
        )
        alerting = Alerting(self.transaction, context, self.crm_url)
        return alerting.tell(changes, self.published.configuration.alerts.routes)


def _stake(change: AccountChange, spend_minor: int) -> int:
    """The larger of what was at stake before and what is now: risk rises, and purchases may be lost."""
    known = [one for one in (change.old.value_minor, change.new.value_minor) if one is not None]
    return max(known, default=spend_minor)


def _label_counts(labels: Sequence[str], standings: Standings) -> LabelCounts:
    found = standings.counts()
    return tuple((label, found.get(label, 0)) for label in (*labels, None))


def _gone(moves: Moves) -> tuple[str, ...]:
    if not len(moves.gone):
        return ()
    return (f"Accounts that were deleted or take no part any more: {len(moves.gone):,}.",)
