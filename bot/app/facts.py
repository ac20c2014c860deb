"""What scoring reads and what a run finds, as values: facts, changes, earlier alerts, the summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from scoring.config import Configuration
from scoring.criteria.fields import Catalog
from scoring.criteria.periods import Today
from scoring.label_rules import Direction
from scoring.standing import Standing

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from scoring.engines.rfm_pass import Passed
    from scoring.leaving.history import History


@dataclass(frozen=True, slots=True)
class OrganisationFacts:
    """What the CRM says of the organisation: IANA time zone, ISO currency."""

    time_zone: str
    currency: str

    def today(self, configuration: Configuration, now: datetime) -> Today:
        """The organisation's day at an instant, by its own zone or the one that the document names."""
        zone = ZoneInfo(configuration.organisation.time_zone or self.time_zone)
        return Today(now.astimezone(zone).date(), configuration.organisation.fiscal_year_starts, zone)


# What sync writes in the place of an account when it has marked all of them (``connector.ports``).
EVERYBODY = "*"


@dataclass(frozen=True, slots=True)
class Touched:
    """An account whose facts may have changed, as it was when it was read."""

    account_id: str
    touched_at: datetime


@dataclass(frozen=True)
class Accounts:
    """Accounts that take part.

    Attributes:
        ids: ascending.
        frame: of each, the fields that were asked for, named as in the catalog, and a column for each
            condition on related records, named by its canonical text.
    """

    ids: pa.Array
    frame: pd.DataFrame


@dataclass(frozen=True)
class Activity:
    """What happened between some accounts and us.

    Attributes:
        ids: of the accounts.
        events: as the first lines of ``scoring.engagement.events`` say; a few may be of other accounts.
    """

    ids: Sequence[str]
    events: pd.DataFrame


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What meets the criteria of purchases and does not count.

    Attributes:
        records: how many have no date or account, or a date after today.
        remarks: sentences about amounts that could not be counted.
    """

    records: int = 0
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class AccountFacts:
    """The facts of every account that takes part.

    Attributes:
        ids: of the accounts, ascending.
        frame: of each, ``last_purchase`` (datetime64, or NaT), ``purchases``, ``spend_minor`` and every
            account field that the labels' criteria use, named as in the catalog.
        catalog: the fields that the labels' criteria may use.
        left_out: what does not count; nothing where only some accounts are read.
    """

    ids: pa.Array
    frame: pd.DataFrame
    catalog: Catalog
    left_out: LeftOut


@dataclass(frozen=True)
class PurchaseDays:
    """The days on which accounts bought or gave something back.

    Attributes:
        history: one row for each account and day.
        too_large: how many accounts are left out, because their amounts together do not fit 64 bits.
    """

    history: History
    too_large: int = 0


@dataclass(frozen=True)
class EnginePass:
    """What an engine gives of every account that takes part.

    Attributes:
        left_out: what does not count.
    """

    passed: Passed
    left_out: LeftOut


@dataclass(frozen=True, slots=True)
class LastRun:
    """The latest run of a segmentation; ``accounts`` is how many took part.

    Attributes:
        cause: ``past`` where an earlier day was scored before the first run of all.
    """

    id: int
    as_of: date
    config_version: int
    accounts: int
    technique: str = "rfm"
    cause: str = ""

    @property
    def is_past(self) -> bool:
        """Whether no run of a present day was before."""
        return self.cause == "past"


@dataclass(frozen=True, slots=True)
class Tally:
    """What the scores of a segmentation come to.

    Attributes:
        labels: accounts by label, and without one (None).
        measured: how many have a measure.
    """

    labels: Mapping[str | None, int]
    measured: int


@dataclass(frozen=True, slots=True)
class NamedOwner:
    """An account's name and its owner's, for a message.

    Attributes:
        last_contact: the day of the last thing that happened between the account and us, where one is known.
    """

    name: str
    owner_name: str | None
    last_contact: date | None = None


@dataclass(frozen=True, slots=True)
class Concerned:
    """The CRM users whom an account concerns, by id; None where there is none.

    Attributes:
        by_field: of lookup fields, by their API name.
    """

    owner_id: str | None = None
    manager_id: str | None = None
    by_field: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AccountChange:
    """An account's label going from one to another.

    Attributes:
        own: its own facts changed, or a day passed; otherwise it moved because others did.
        gone: it takes no part any more: deleted in the CRM, or left out by the segmentation's criteria.
        stake_minor: the money at stake where the technique itself counts none; None: by the standings.
    """

    account_id: str
    old: Standing
    new: Standing
    direction: Direction
    own: bool = True
    gone: bool = False
    stake_minor: int | None = None

    @property
    def at_stake_minor(self) -> int:
        """The counted spend before the change; of an account that enters, the spend that it brings."""
        if self.stake_minor is not None:
            return self.stake_minor
        return self.new.spend_minor if self.direction is Direction.ENTERED else self.old.spend_minor


@dataclass(frozen=True, slots=True)
class PendingAlert:
    """An alert that nobody has seen yet: its messages wait.

    Attributes:
        outbox_id: of the first of them.
    """

    alert_id: int
    outbox_id: int
    old: Standing


@dataclass(frozen=True, slots=True)
class Thread:
    """Where the first message of a thread stands in Slack."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class EarlierAlerts:
    """What one route has told, or is about to tell, of an account.

    Attributes:
        snoozed: whether an alert rests now; ``snoozed_label`` is the label that it was about.
        told_at: when the account was told last, alone or with others; ``told_label`` what it had become.
        thread: of the last alert that stands in Slack.
    """

    pending: PendingAlert | None = None
    snoozed: bool = False
    snoozed_label: str | None = None
    told_at: datetime | None = None
    told_label: str | None = None
    thread: Thread | None = None


@dataclass(frozen=True)
class RunRecord:
    """One run, as it is kept.

    Attributes:
        changed: how many labels.
        written: how many score rows are written or removed.
    """

    segmentation: str
    cause: str
    as_of: date
    started_at: datetime
    finished_at: datetime
    accounts: int
    changed: int
    written: int
    config_version: int
    technique: str
    thresholds: Mapping[str, Any] | None
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class ChangesOfRun:
    """The changes of label that one run found, each with the sentences that explain it."""

    segmentation: str
    run_id: int
    as_of: date
    at: datetime
    baseline: bool
    changes: tuple[tuple[AccountChange, tuple[str, ...]], ...]


@dataclass(frozen=True)
class SegmentationRun:
    """What one run found and did.

    Attributes:
        accounts: how many took part; ``scored`` of them have a counted transaction, or whatever else the
            technique scores by.
        written: score rows that were written; ``label_changes`` of them have another label.
        baseline: nothing was alerted, because it was the first run or the configuration changed.
        held: selected by a route but not told now, by reason: ``neighbour``, ``snoozed``, ``cooldown`` …
        otherwise: of a baseline, how many changes each route would have been told of.
        labels: accounts per label, best first, and without one last (None).
    """

    segmentation: str
    technique: str
    run_id: int
    as_of: date
    accounts: int
    scored: int
    written: int
    label_changes: int
    baseline: bool
    alerts: int
    summaries: int
    held: Mapping[str, int]
    labels: tuple[tuple[str | None, int], ...]
    warnings: tuple[str, ...]
    otherwise: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class RunSummary:
    """One recompute; without parts when there was nothing to do."""

    cause: str
    started_at: datetime
    finished_at: datetime
    parts: tuple[SegmentationRun, ...] = ()

    @property
    def label_changes(self) -> int:
        """Over all segmentations."""
        return sum(one.label_changes for one in self.parts)

    def as_json(self) -> dict[str, Any]:
        """JSON values only."""
        parts = [
            asdict(one)
            | {"as_of": one.as_of.isoformat(), "held": dict(one.held), "otherwise": dict(one.otherwise)}
            for one in self.parts
        ]
        return {
            "cause": self.cause,
            "started_at": self.started_at.isoformat(),
            "finished_at": self.finished_at.isoformat(),
            "parts": parts,
        }

    def sentences(self) -> tuple[str, ...]:
        """The summary for a person, one segmentation after the other."""
        return tuple(line for one in self.parts for line in _sentences(one))


_OF_RFM = ("purchases", "spend_minor", "r", "f", "m", "total", "label")
_FURTHER = ("measure", "value_minor", "details")


def standing_as_json(standing: Standing) -> dict[str, Any]:
    """JSON values only; what other techniques than RFM say only where they say something."""
    day = standing.last_purchase
    values: dict[str, Any] = {"last_purchase": day.isoformat() if day else None}
    values |= {name: getattr(standing, name) for name in _OF_RFM}
    further = ((name, getattr(standing, name)) for name in _FURTHER)
    return values | {name: value for name, value in further if value is not None}


def standing_from(stored: Mapping[str, Any]) -> Standing:
    """Read a standing back from its JSON form; what a later version added is ignored."""
    values: dict[str, Any] = {name: stored.get(name) for name in Standing.__slots__ if name in stored}
    day = values.get("last_purchase")
    return Standing(**{**values, "last_purchase": date.fromisoformat(day) if day else None})


_HELD = {
    "snoozed": "Not alerted, because snoozed",
    "cooldown": "Not alerted, because of a cooldown",
    "not worse than before": "Not alerted, because not worse than what was told",
    "quiet hours": "Told later, after quiet hours",
    "digest": "Told later, in a digest",
}


def _sentences(run: SegmentationRun) -> list[str]:
    changed = "no label changed" if not run.label_changes else f"{run.label_changes:,} labels changed"
    if run.label_changes == 1:
        changed = "1 label changed"
    what = "with purchases" if run.technique == "rfm" else "scored"
    lines = [f"{run.segmentation}: {run.accounts:,} accounts, {run.scored:,} {what}; {changed}."]
    if run.baseline and run.label_changes:
        lines.append("This run is a baseline: one summary instead of alerts.")
    elif run.alerts or run.summaries:
        lines.append(f"Alerts: {run.alerts:,}; summaries: {run.summaries:,}.")
    if run.held.get("neighbour"):
        lines.append(f"Not alerted, because only other accounts moved: {run.held['neighbour']:,}.")
    lines += (f"{said}: {run.held[reason]:,}." for reason, said in _HELD.items() if run.held.get(reason))
    return [*lines, *run.warnings]
