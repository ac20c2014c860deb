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
    came = moves.added[after.label[moves.added] != NO_LABEL]
    lost = moves.gone[before.label[moves.gone] != NO_LABEL]
    old, new = moves.old[moves.relabelled], moves.changed[moves.relabelled]
    found = {one: (nothing, now) for one, now in zip(after.ids_at(came), after.each_at(came), strict=True)}
    pairs = zip(before.each_at(old), after.each_at(new), strict=True)
    found |= dict(zip(after.ids_at(new), pairs, strict=True))
    gone = zip(before.ids_at(lost), before.each_at(lost), strict=True)
    return found | {one: (then, nothing) for one, then in gone}


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
