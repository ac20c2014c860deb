"""Which planned values are still to be written, by what the CRM says at this moment. Decisions only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from bot.app.enriching_fit import same
from bot.app.enriching_values import FieldWrite, Settled, WriteState

MODIFIED: Final = "Modified_Time"
CHANGED: Final = "It was changed meanwhile, so it was left as it is."
STOOD_THERE: Final = "It stood there already, so nothing was written."


def unmodified_since(records: Iterable[Mapping[str, Any]]) -> datetime | None:
    """Since when records that were just read must not have changed: the latest change of any of them.

    Whoever changes one behind our look does so later. None where the CRM says nothing of changes.
    """
    said = [one.get(MODIFIED) for one in records]
    return max((datetime.fromisoformat(one) for one in said if isinstance(one, str)), default=None)


def judged(
    planned: Sequence[FieldWrite], record: Mapping[str, Any]
) -> tuple[list[FieldWrite], list[Settled]]:
    """Which planned values are still to be written, and how the others ended: by us before, or overtaken.

    What stands there though we have not asked for it is somebody else's: to undo it would erase theirs.
    """
    sound, settled = [], []
    for one in planned:
        now = record.get(one.crm_field)
        if same(now, one.new):
            ours = one.state is WriteState.ASKED
            settled.append(
                Settled(one.crm_field, WriteState.WRITTEN)
                if ours
                else Settled(one.crm_field, WriteState.CHANGED, STOOD_THERE)
            )
        elif same(now, one.old):
            sound.append(one)
        else:
            settled.append(Settled(one.crm_field, WriteState.CHANGED, CHANGED))
    return sound, settled
