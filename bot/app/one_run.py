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
from bot.app.config.published import Published
from bot.app.errors import ConfigurationError
from bot.app.facts import (
    AccountChange,
    ChangesOfRun,
    LastRun,
    OrganisationFacts,
    RunRecord,
    SegmentationRun,
    Tally,
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
)
from scoring.config import Segmentation
from scoring.criteria.errors import CriteriaError
from scoring.criteria.periods import Today
from scoring.standing import Standing
from scoring.standings import Moves, Standings, compare, no_standings

Cause = Literal["first", "daily", "change", "command", "past"]
LabelCounts = tuple[tuple[str | None, int], ...]
# So many marked accounts are scored alone in any case, and of many accounts one in so many.
MARKED_ANYWAY = 500
MARKED_SHARE = 20


@dataclass(frozen=True)
class _Judged:
    """What was said in which situation, and whether of everybody or of the marked accounts alone.

    Attributes:
        before: what the last run said, whether the technique was let know it or not.
    """

    situation: Situation[Any]
    before: Standings
    scored: Scored
    everybody: bool = True


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

    def waits(self) -> bool:
        """Whether there is nothing to do on this change: its technique follows the next day."""
        return self._technique.daily and self._is_change and self._same_day

    def do(self) -> SegmentationRun:
        """All of it.

        Raises:
            ConfigurationError: the segmentation's criteria do not fit the organisation's fields.
        """
        scored, moves = self._judged.scored, self.moves()
        changes = self._changes(moves)
        accounts = self._accounts(moves)
        run_id = self._save_run(scored, accounts, len(changes), len(moves))
        change_ids = self._save(run_id, scored, moves, changes)
        tally = self._tally(scored.standings)
        labels = tuple((label, tally.labels.get(label, 0)) for label in (*self._labels, None))
        told = self._tell(run_id, list(zip(change_ids, changes, strict=True)), labels)
        return SegmentationRun(
            segmentation=self.segmentation.name,
            technique=self.segmentation.technique,
            run_id=run_id,
            as_of=self.today.day,
            accounts=accounts,
            scored=tally.measured,
            written=len(moves),
            label_changes=len(changes),
            baseline=self.baseline,
            alerts=told.alerts,
            summaries=told.summaries,
            held=told.held,
            labels=labels,
            warnings=(*scored.warnings, *_gone(moves)),
            otherwise=told.otherwise,
        )

    def moves(self) -> Moves:
        """What differs from the last run; nothing is written.

        Raises:
            ConfigurationError: as ``do``.
        """
        return compare(self._judged.before, self._judged.scored.standings)

    @cached_property
    def _technique(self) -> Technique[Any]:
        return technique_of(self.segmentation)

    @cached_property
    def _labels(self) -> tuple[str, ...]:
        return label_names(self.segmentation)

    @property
    def _is_change(self) -> bool:
        """Whether it goes on from the last run: of the same document, as its marks tell what is different."""
        last = self.last
        if last is None or self.baseline or self.cause != "change":
            return False
        return last.config_version == self.published.version

    @property
    def _same_day(self) -> bool:
        return self.last is not None and self.last.as_of == self.today.day

    def _situation(self, before: Standings) -> Situation[Any]:
        return Situation(
            segmentation=self.segmentation,
            configuration=self.published.configuration,
            today=self.today,
            currency=self.organisation.currency,
            learned=self._learned(),
            before=no_standings(self._technique.columns) if self.alone else before,
            baseline=self.baseline,
        )

    def _before(self, only: Sequence[str] | None = None) -> Standings:
        """What the last run said."""
        name, technique = self.segmentation.name, self._technique
        if self.last is not None and self.last.technique != self.segmentation.technique:
            # What another technique said under this name is no standing of this one.
            self.transaction.forget_scores(name, self.today.day)
        return self.transaction.standings(name, technique.columns, details=technique.details, only=only)

    def _learned(self) -> Learned | None:
        """What may be used: of this configuration, not of a later day, and not too old but on a change."""
        learned = self.transaction.learned(self.segmentation.name) if self._technique.learns else None
        if learned is None or self.baseline or learned.as_of > self.today.day:
            return None
        age = (self.today.day - learned.as_of).days
        return learned if self.cause == "change" or age < LEARN_EVERY_DAYS else None

    @cached_property
    def _judged(self) -> _Judged:
        evidence = self.transaction.evidence(self.segmentation.name, self.published.configuration, self.today)
        try:
            return self._judge_marked(evidence) or self._judge_everybody(evidence)
        except CriteriaError as error:
            raise ConfigurationError(
                f"The criteria of '{self.segmentation.name}' do not fit the CRM's fields: {error}",
                "Run `bellwether config check`, correct the line it names, and apply the document.",
            ) from None

    def _judge_marked(self, evidence: Evidence) -> _Judged | None:
        """On a change of the last run's day those alone that sync has marked, where that says the same."""
        some, marked = self._technique.score_some, self._marked
        if some is None or marked is None or not self._same_day or len(marked) > self._most_marked:
            return None
        wanted = sorted(marked)
        before = self._before(wanted)
        situation = self._situation(before)
        scored = some(evidence, situation, wanted)
        return None if scored is None else _Judged(situation, before, scored, everybody=False)

    def _judge_everybody(self, evidence: Evidence) -> _Judged:
        before = self._before()
        situation = self._situation(before)
        changed = self._score_changes(evidence, situation)
        return _Judged(situation, before, changed or self._technique.score(evidence, situation))

    def _score_changes(self, evidence: Evidence, situation: Situation[Any]) -> Scored | None:
        """On a change from the last run and what is different since, where that tells everything."""
        changes, marked = self._technique.score_changes, self._marked
        if changes is None or marked is None or self.last is None:
            return None
        return changes(evidence, situation, Changes(marked, self.last.as_of))

    @property
    def _marked(self) -> frozenset[str] | None:
        """The accounts whose facts are others than at the last run; None: perhaps everybody's."""
        return self.touched if self._is_change else None

    @property
    def _most_marked(self) -> int:
        """Of more accounts than these it takes longer to look each up than to look at all."""
        accounts = 0 if self.last is None else self.last.accounts
        return max(MARKED_ANYWAY, accounts // MARKED_SHARE)

    def _accounts(self, moves: Moves) -> int:
        """How many take part."""
        if self._judged.everybody or self.last is None:
            return len(moves.after)
        return self.last.accounts + len(moves.added) - len(moves.gone)

    def _tally(self, standings: Standings) -> Tally:
        """How many have which label after the run, and how many something to be scored by."""
        if self._judged.everybody:
            return Tally(standings.counts(), standings.scored)
        tally = self.transaction.tally(self.segmentation.name)
        if "measure" in self._technique.columns:
            return tally
        return replace(tally, measured=sum(many for label, many in tally.labels.items() if label is not None))

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

    def _save_run(self, scored: Scored, accounts: int, changed: int, written: int) -> int:
        return self.transaction.save_run(
            RunRecord(
                segmentation=self.segmentation.name,
                cause=self.cause,
                as_of=self.today.day,
                started_at=self.started,
                finished_at=self.now(),
                accounts=accounts,
                changed=changed,
                written=written,
                config_version=self.published.version,
                technique=self.segmentation.technique,
                thresholds=scored.thresholds,
                warnings=scored.warnings,
            )
        )

    def _save(self, run_id: int, scored: Scored, moves: Moves, changes: Sequence[AccountChange]) -> list[int]:
        name, day = self.segmentation.name, self.today.day
        everybody = self._judged.everybody
        self.transaction.save_scores(name, run_id, self.started, moves, everybody=everybody)
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
        return self._technique.reasons(old, new, self._judged.situation)

    def _tell(self, run_id: int, changes: Sequence[tuple[int, AccountChange]], labels: LabelCounts) -> Told:
        if self.cause == "past":
            return Told()  # nobody waited for it
        context = RunContext(
            facts=RunFacts(self.segmentation.name, self._labels, self.baseline),
            run_id=run_id,
            day=self.today.day,
            at=self.started,
            currency=self.organisation.currency,
            first=self.last is None or self.last.accounts == 0 or self.last.is_past,
            labels=labels,
            reasons=self._reasons,
            configuration=self.published.configuration,
            today=self.today,
        )
        alerting = Alerting(self.transaction, context, self.crm_url)
        return alerting.tell(changes, self.published.configuration.alerts.routes)


def _stake(change: AccountChange, spend_minor: int) -> int:
    """The larger of what was at stake before and what is now: risk rises, and purchases may be lost."""
    known = [one for one in (change.old.value_minor, change.new.value_minor) if one is not None]
    return max(known, default=spend_minor)


def _gone(moves: Moves) -> tuple[str, ...]:
    if not len(moves.gone):
        return ()
    return (f"Accounts that were deleted or take no part any more: {len(moves.gone):,}.",)
