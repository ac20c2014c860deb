"""Which labels changed between two runs. Values only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.app.facts import AccountChange
from scoring.label_rules import direction
from scoring.standing import Standing
from scoring.standings import NO_LABEL, Moves


def relabelled(moves: Moves) -> dict[str, tuple[Standing, Standing]]:
    """Old and new standing of every account whose label differs, by account id."""
    nothing = Standing()
    before, after = moves.before, moves.after
    labelled = (row for row in moves.added if after.label[row] != NO_LABEL)
    moved = {after.id_of(row): (nothing, after.at(row)) for row in labelled}
    moved |= {
        after.id_of(moves.changed[one]): (before.at(moves.old[one]), after.at(moves.changed[one]))
        for one in moves.relabelled
    }
    lost = (row for row in moves.gone if before.label[row] != NO_LABEL)
    return moved | {before.id_of(row): (before.at(row), nothing) for row in lost}


def label_changes(
    moves: Moves,
    pairs: Mapping[str, tuple[Standing, Standing]],
    labels: Sequence[str],
    had_label: set[str],
    *,
    own: bool,
) -> list[AccountChange]:
    """The changes of label, in the order of account ids.

    Args:
        moves: what differs.
        pairs: of ``relabelled``.
        labels: best first.
        had_label: the accounts that ever had a label.
        own: whether each moved by itself, because a day has passed or others have no part in its scores.
    """
    gone = {moves.before.id_of(row) for row in moves.gone}
    added = {moves.after.id_of(row) for row in moves.added}
    return [
        AccountChange(
            account_id=account,
            old=old,
            new=new,
            direction=direction(labels, old.label, new.label, had_label=account in had_label),
            own=own or old.facts != new.facts or account in added,
            gone=account in gone,
        )
        for account, (old, new) in sorted(pairs.items())
    ]
