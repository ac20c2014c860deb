"""What publishing a document would do, from a run that was rehearsed with it and undone. Values only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from bot.app.facts import AccountChange, NamedOwner, RunSummary, SegmentationRun
from bot.app.wording import counted, money

SHOWN_AT_FIRST = 10
_NOBODY = NamedOwner("(no name)", None)


@dataclass
class HeardOfOne:
    """What the run of one segmentation wrote before it was undone.

    Attributes:
        alerts: the route of each.
        summaries: the channel of each message that stands for many alerts.
    """

    changes: list[AccountChange] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)
    summaries: list[str] = field(default_factory=list)


@dataclass
class Heard:
    """What a rehearsal wrote, by segmentation, and the names of the accounts concerned."""

    parts: dict[str, HeardOfOne] = field(default_factory=dict)
    names: dict[str, NamedOwner] = field(default_factory=dict)
    currency: str = "USD"


@dataclass(frozen=True, slots=True)
class Moved:
    """An account that would change its label."""

    account_id: str
    name: str
    owner: str | None
    old: str | None
    new: str | None
    direction: str
    at_stake_minor: int


@dataclass(frozen=True)
class PreviewOfOne:
    """What would become of one segmentation.

    Attributes:
        baseline: nobody is alerted one by one, because what decides the scores has changed, or nothing was
            scored before.
        moved: the largest amounts first.
        labels: accounts per label afterwards, best first, and without one last.
        alerts: by route, how many would be sent; ``summaries`` by channel.
        otherwise: by route, how many changes it would have been told of if this were no baseline.
    """

    segmentation: str
    accounts: int
    baseline: bool
    moved: tuple[Moved, ...]
    labels: tuple[tuple[str | None, int], ...]
    alerts: Mapping[str, int]
    summaries: Mapping[str, int]
    otherwise: Mapping[str, int]
    warnings: tuple[str, ...]

    @property
    def matrix(self) -> tuple[tuple[str | None, str | None, int], ...]:
        """From which label to which, and how many accounts; the most first."""
        pairs = Counter((one.old, one.new) for one in self.moved)
        return tuple((old, new, many) for (old, new), many in pairs.most_common())


@dataclass(frozen=True)
class Preview:
    """What the next run would do with a document."""

    parts: tuple[PreviewOfOne, ...]
    currency: str

    def sentences(self, *, everything: bool = False) -> tuple[str, ...]:
        """For a person; ``everything``: every account by name."""
        most = None if everything else SHOWN_AT_FIRST
        return tuple(line for one in self.parts for line in _sentences(one, self.currency, most))

    def as_json(self) -> dict[str, Any]:
        """JSON values only; every account."""
        return {"currency": self.currency, "segmentations": [_as_json(one) for one in self.parts]}


def preview(summary: RunSummary, heard: Heard) -> Preview:
    """From what a rehearsal found."""
    parts = (_one(run, heard) for run in summary.parts)
    return Preview(tuple(parts), heard.currency)


def _one(run: SegmentationRun, heard: Heard) -> PreviewOfOne:
    found = heard.parts.get(run.segmentation, HeardOfOne())
    moved = (_moved(one, heard.names.get(one.account_id, _NOBODY)) for one in found.changes)
    return PreviewOfOne(
        segmentation=run.segmentation,
        accounts=run.accounts,
        baseline=run.baseline,
        moved=tuple(sorted(moved, key=lambda one: (-one.at_stake_minor, one.name, one.account_id))),
        labels=run.labels,
        alerts=Counter(found.alerts),
        summaries=Counter(found.summaries),
        otherwise={name: many for name, many in run.otherwise.items() if many},
        warnings=run.warnings,
    )


def _moved(change: AccountChange, who: NamedOwner) -> Moved:
    return Moved(
        change.account_id,
        who.name,
        who.owner_name,
        change.old.label,
        change.new.label,
        change.direction.value,
        change.at_stake_minor,
    )


def _sentences(one: PreviewOfOne, currency: str, most: int | None) -> Iterator[str]:
    many = len(one.moved)
    of = counted(one.accounts, "account")
    if not many:
        yield f"{one.segmentation}: no account changes its label ({of})."
    else:
        yield f"{one.segmentation}: {counted(many, 'account')} of {one.accounts:,} would change the label."
    for old, new, moving in one.matrix:
        yield f"  {_label(old)} → {_label(new)}: {moving:,}"
    for account in one.moved[:most]:
        stake = money(account.at_stake_minor, currency)
        yield f"    {account.name}: {_label(account.old)} → {_label(account.new)}, {stake}"
    if most is not None and many > most:
        yield f"    … and {many - most:,} more; --all names them."
    yield from _alerts(one)
    yield from (f"  {warning}" for warning in one.warnings)


def _alerts(one: PreviewOfOne) -> Iterator[str]:
    for route, sent in one.alerts.items():
        yield f"  The route '{route}' sends {counted(sent, 'alert')}."
    for channel, sent in one.summaries.items():
        yield f"  {channel} gets {sent:,} {'summary' if sent == 1 else 'summaries'}."
    if one.baseline and one.moved:
        yield "  This is a baseline, so nobody is alerted one by one."
        for route, told in one.otherwise.items():
            yield f"  Otherwise the route '{route}' would have told of {counted(told, 'change')}."
    elif one.moved and not one.alerts and not one.summaries:
        yield "  No route tells of it."


def _label(name: str | None) -> str:
    return "no label" if name is None else name


def _as_json(one: PreviewOfOne) -> dict[str, Any]:
    return {
        "segmentation": one.segmentation,
        "accounts": one.accounts,
        "baseline": one.baseline,
        "matrix": [{"old": old, "new": new, "accounts": many} for old, new, many in one.matrix],
        "moved": [asdict(account) for account in one.moved],
        "labels": [{"label": label, "accounts": many} for label, many in one.labels],
        "alerts": dict(one.alerts),
        "summaries": dict(one.summaries),
        "otherwise": dict(one.otherwise),
        "warnings": list(one.warnings),
    }
