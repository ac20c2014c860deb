"""What differs between two runs: scores to write, changes of label. Values only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.app.facts import AccountChange
from scoring.labels import direction
from scoring.rfm import Standing


@dataclass(frozen=True)
class Difference:
    """What a run has to write.

    Attributes:
        added: standings of accounts that had none, by account id.
        changed: standings that differ in anything, label or not, by account id.
        gone: accounts that had a standing and take no part any more.
    """

    added: Mapping[str, Standing]
    changed: Mapping[str, Standing]
    gone: tuple[str, ...]

    def __len__(self) -> int:
        """How many score rows are written or removed."""
        return len(self.added) + len(self.changed) + len(self.gone)


def compare(before: Mapping[str, Standing], after: Mapping[str, Standing]) -> Difference:
    """Everything that differs, label or not."""
    return Difference(
        added={account: now for account, now in after.items() if account not in before},
        changed={account: now for account, now in after.items() if before.get(account, now) != now},
        gone=tuple(account for account in before if account not in after),
    )


def relabelled(
    difference: Difference, before: Mapping[str, Standing]
) -> dict[str, tuple[Standing, Standing]]:
    """Old and new standing of every account whose label differs, by account id."""
    nothing = Standing()
    moved = {account: (nothing, now) for account, now in difference.added.items()}
    moved |= {account: (before[account], now) for account, now in difference.changed.items()}
    moved |= {account: (before[account], nothing) for account in difference.gone}
    return {account: pair for account, pair in moved.items() if pair[0].label != pair[1].label}


def label_changes(
    difference: Difference,
    before: Mapping[str, Standing],
    labels: Sequence[str],
    had_label: set[str],
    *,
    new_day: bool,
) -> list[AccountChange]:
    """The changes of label, in the order of account ids.

    Args:
        difference: what differs.
        before: the standings of the last run.
        labels: best first.
        had_label: the accounts that ever had a label.
        new_day: whether a day has passed since the last run, so that everybody's recency moved by itself.
    """
    gone = set(difference.gone)
    return [
        AccountChange(
            account_id=account,
            old=old,
            new=new,
            direction=direction(labels, old.label, new.label, had_label=account in had_label),
            own=new_day or old.facts != new.facts or account not in before,
            gone=account in gone,
        )
        for account, (old, new) in sorted(relabelled(difference, before).items())
    ]
