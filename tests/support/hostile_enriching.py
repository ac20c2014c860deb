"""What is shown of enrichment, with one value in each field of text: a part of ``hostile_views``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.app.enriching_desk import HistoryLine
from bot.app.enriching_fit import SAYS_SO
from bot.app.enriching_values import (
    RESULTS,
    Applied,
    Batch,
    BatchState,
    FieldWrite,
    Proposed,
    ProposedField,
    Rehearsed,
    Undone,
    WriteState,
)
from bot.app.ports import NamedAccount, Posted
from bot.slack.views import enriching
from bot.slack.views.blocks import Json, Message
from connector.enrichment.values import EnrichedField, Outcome, Technology
from tests.support.fake_services import NOW

_FIELDS = tuple(one.value for one in EnrichedField)


def every_enriching_message(value: str) -> Iterator[Message]:
    """Each message."""
    found = _proposed(value)
    yield enriching.said_message(value)
    yield enriching.reading_message(value)
    yield enriching.choice_message(value, [NamedAccount(f"a{one}", value) for one in range(20)])
    yield enriching.proposed_message(found)
    yield enriching.proposed_message(replace(found, rows=()))
    yield enriching.applied_message(Applied("p1", value, _writes(value)))
    asked = value[:1_000]  # as much as the listener takes
    yield enriching.confirm_message(asked, value, Rehearsed(9, 1, 1, 7, 5_000), 500, 5_000)
    for batch in _batches(value):
        yield enriching.batch_message(batch)
    yield enriching.undone_message(Undone("p1", 1, 1, 1))
    lines = [
        HistoryLine(f"h{at}", value, value, _writes(value), batch, can_undo=True)
        for at, batch in enumerate((None, *_batches(value)) * 6)
    ]
    yield enriching.history_message(lines, {value: value}, NOW)


def every_enriching_modal(value: str) -> Iterator[Json]:
    """Each modal."""
    yield enriching.proposed_modal(_proposed(value), Posted("C1", "1.1"))
    yield enriching.undo_modal("p1", value, 3)


def _proposed(value: str) -> Proposed:
    rows = tuple(
        ProposedField(
            field=name,
            crm_field=f"Field_{at}",
            label=value,
            current=value,
            current_shown=value,
            value=value,
            proposed=value,
            source_url=value,
            quote=value,
            method=value,
            confidence=0.5,
            ticked=at % 2 == 0,
            problem=(None, None, value, SAYS_SO)[at % 4],
        )
        for at, name in enumerate(_FIELDS)
    )
    used = (Technology(value, value, value),) * 30
    return Proposed("p1", "a1", value, "U1", NOW, NOW, value, Outcome.FOUND, value, rows, used, "d")


def _writes(value: str) -> tuple[FieldWrite, ...]:
    return tuple(
        FieldWrite("p1", "a1", name, value, value, value, value, NOW, state, value)
        for name, state in zip(_FIELDS, [*WriteState] * 3, strict=False)
    )


def _batches(value: str) -> tuple[Batch, ...]:
    filled = {value: 3} | {f"Field_{at}": at for at in range(12)}
    return tuple(
        Batch("b1", value, value, value, value, "2026-11-24", 90, state, NOW, NOW, value,
              dict.fromkeys(RESULTS, 3), filled)
        for state in BatchState
    )  # fmt: skip
