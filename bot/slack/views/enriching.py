"""What is shown of enrichment: a proposal and its form, a batch before and while it runs, the history.

Everything that a site or the CRM says goes into rich text, raw text or plain text, where Slack reads nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from bot.app.enriching_batches import WORDS
from bot.app.enriching_desk import HistoryLine
from bot.app.enriching_fit import SAYS_SO, shown
from bot.app.enriching_judged import STOOD_THERE
from bot.app.enriching_values import (
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
from bot.app.wording import counted
from bot.slack import ids
from bot.slack.views import limits
from bot.slack.views.blocks import (
    Json,
    Message,
    actions,
    bullets,
    button,
    context,
    line,
    link,
    modal,
    plain_section,
    rich_text,
    run,
    select,
    sentence,
    table,
)
from bot.slack.views.text import mrkdwn, plain, utc, web_address

EMPTY: Final = "(empty)"
CHOSEN: Final = "chosen"  # the action id of every box; the block's id names the field
HISTORY_LINES: Final = 20
VALUE_LINES: Final = 15
_OF_FIELD: Final = "field."
_LONG: Final = 60  # characters that fit beside a box
_BAR: Final = 20
_ENDED: Final[Mapping[WriteState, str]] = {
    WriteState.WRITING: "⏳ is being written",
    WriteState.ASKED: "⏳ is being written",
    WriteState.WRITTEN: "✅ written",
    WriteState.REFUSED: "⚠ not written",
    WriteState.CHANGED: "⚠ changed meanwhile, left as it is",
    WriteState.UNDOING: "⏳ is being taken back",
    WriteState.UNDONE: "↩ taken back",
}


def said_message(said: str, *more: Json) -> Message:
    """A sentence that may hold anything, and further blocks."""
    return Message(mrkdwn(said, 600), (sentence(run(plain(said, 600))), *more))


def reading_message(account: str) -> Message:
    """While a site is read."""
    return said_message(f"⏳ Reading what the website of {plain(account, 100)} says …")


def choice_message(text: str, accounts: Sequence[NamedAccount]) -> Message:
    """Which of several accounts is meant."""
    options = [(plain(one.name, limits.OPTION_TEXT), one.id) for one in accounts]
    said = f"{len(accounts)} accounts have “{plain(text, 100)}” in their name."
    return said_message(said, actions("enrich", select("Which one?", ids.ENRICH_ACCOUNT, options)))


def proposed_message(found: Proposed) -> Message:
    """What is proposed for an account beside what stands there, and the button that opens the form."""
    head = f"{plain(found.account_name, 100)}: {plain(found.reason, 200)}"
    blocks: list[Json] = [
        sentence(run(plain(found.account_name, 100), "bold"), run(f"  {plain(found.reason)}"))
    ]
    if found.rows:
        heads = ["Field", "Now", "Proposed", "Sure"]
        blocks.append(table(heads, [_cells(one) for one in found.rows], [False, False, False, True]))
    if found.used:
        blocks.append(sentence(run(f"It uses {plain(found.used, 1_000)}")))
    if any(one.can_be_chosen for one in found.rows):
        review = button("Review and choose", ids.ENRICH_REVIEW, found.id, primary=True)
        blocks += [
            actions("enrich", review, button("Cancel", ids.ENRICH_LEAVE, found.id)),
            context("Nothing is written until you choose. To be had for 24 hours."),
        ]
    elif found.rows:
        blocks.append(context("None of it can be written."))
    return Message(mrkdwn(head, 400), tuple(blocks))


def _cells(row: ProposedField) -> list[str]:
    proposed = plain(row.proposed, 150)
    proposed = f"{proposed} — {plain(row.problem, 200)}" if row.problem else proposed
    return [plain(row.label, 60), plain(row.current_shown or EMPTY, 100), proposed, f"{row.confidence:.0%}"]


def proposed_modal(found: Proposed, posted: Posted) -> Json:
    """The form: a box for each field, ticked where it fills an empty one.

    Args:
        found: what is proposed.
        posted: the message that tells what became of it.
    """
    carried = {"id": found.id, "seen": found.digest, "channel": posted.channel, "ts": posted.ts}
    blocks = [plain_section(plain(found.account_name, 150))]
    already = [row.label for row in found.rows if row.problem == SAYS_SO]
    for row in found.rows:
        blocks += [] if row.problem == SAYS_SO else _row(row)
    if already:
        blocks.append(sentence(run(f"As the site says already: {plain(', '.join(already), 300)}")))
    blocks.append(
        context("What is ticked is written to the CRM, where the field still says what it says here.")
    )
    return modal("Enrich", ids.ENRICH_FORM, "Apply", json.dumps(carried), blocks)


def _row(row: ProposedField) -> list[Json]:
    if not row.can_be_chosen:
        why = plain(row.problem or "", 200)
        said = f"{plain(row.label, 60)}: “{plain(row.proposed, 300)}” cannot be written: {why}."
        return [sentence(run(said)), _source(row)]
    option = {"text": _text(plain(row.proposed, limits.OPTION_TEXT)), "value": row.field}
    element: Json = {"type": "checkboxes", "action_id": CHOSEN, "options": [option]}
    if row.ticked:
        element["initial_options"] = [option]
    box = {
        "type": "input",
        "block_id": f"{_OF_FIELD}{row.field}",
        "optional": True,
        "label": _text(plain(row.label, 60)),
        "element": element,
    }
    return [box, _source(row)]


def _source(row: ProposedField) -> Json:
    """What stands there now, and where the proposal comes from."""
    lines = [
        run("Now "),
        run(plain(row.current_shown or EMPTY, 300), *([] if row.current_shown else ["italic"])),
    ]
    if len(row.proposed) > _LONG:
        lines += [run("\nIn full "), run(plain(row.proposed, 1_000))]
    lines.append(run(f"\n{row.confidence:.0%} sure · {plain(row.method, 60)}"))
    if row.source_url:
        address = web_address(row.source_url)
        name = plain(row.source_url.partition("://")[2] or row.source_url, 80)
        lines += [run(" · "), link(address, name) if address else run(name)]
    if row.quote and not row.proposed.startswith(row.quote.removesuffix("…")):
        lines.append(run(f"\n“{plain(row.quote, 160)}”", "italic"))
    return rich_text(line(*lines))


def _text(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}


def chosen_fields(values: Mapping[str, Any]) -> list[str]:
    """The names of the fields that are ticked in the form."""
    return [
        str(one.get("value"))
        for block, inside in values.items()
        if block.startswith(_OF_FIELD)
        for one in (inside.get(CHOSEN) or {}).get("selected_options") or ()
    ]


def applied_message(applied: Applied) -> Message:
    """What became of each field that was chosen."""
    number = len(applied.writes)
    said = f"{plain(applied.account_name, 100)}: {applied.written} of {counted(number, 'field')} written"
    blocks = [sentence(run(said, "bold")), _values(applied.writes)]
    if applied.written:
        blocks.append(actions("enrich", button("Take back", ids.ENRICH_UNDO, applied.id)))
    return Message(mrkdwn(said, 400), tuple(blocks))


def _values(writes: Sequence[FieldWrite]) -> Json:
    return rich_text(bullets([line(run(_value(one))) for one in writes[:VALUE_LINES]]))


def _value(one: FieldWrite) -> str:
    change = f"{plain(shown(one.old) or EMPTY, 80)} → {plain(shown(one.new) or EMPTY, 120)}"
    reason = f": {plain(one.reason, 200)}" if one.reason and one.state is WriteState.REFUSED else ""
    ended = "stood there already" if one.reason == STOOD_THERE else f"{_ENDED[one.state]}{reason}"
    return f"{_field(one)}: {change}  {ended}"


def confirm_message(said: str, read_as: str, found: Rehearsed, most: int, daily: int) -> Message:
    """What a batch would hold, before it is entered.

    Args:
        said: the question, as it was said.
        read_as: how it was understood.
        found: what a batch would hold.
        most: of one batch.
        daily: of a day.
    """
    facts = [
        f"{counted(found.meeting, 'account')} meet it: {plain(read_as, 300)}",
        f"{found.full:,} have no empty field that a batch may fill",
        f"{found.lately:,} were read in the last 30 days",
        *([f"{found.held:,} are in another batch that is not done"] if found.held else []),
        f"{found.chosen:,} would be read now; a batch has {most:,} at most",
        f"{found.left_today:,} are left of today's {daily:,}",
    ]
    enough = 0 < found.chosen <= found.left_today
    question = f"Enrich {counted(found.chosen, 'account')}?" if enough else "There is nothing to enrich now."
    head = f"{question} {plain(said, 200)}"
    blocks = [sentence(run(question, "bold"), run(f"  {plain(said, 200)}")),
              rich_text(bullets([line(run(one)) for one in facts]))]  # fmt: skip
    if enough:
        go = button(f"Enrich {counted(found.chosen, 'account')}", ids.ENRICH_BATCH, said, primary=True)
        blocks += [
            context("Only empty fields are filled, and all of it can be taken back."),
            actions("enrich", go, button("Cancel", ids.ENRICH_LEAVE, "batch")),
        ]
    return Message(mrkdwn(head, 400), tuple(blocks))


def batch_message(batch: Batch, read: int | None = None) -> Message:
    """How far a batch is, in the one message that it has.

    Args:
        batch: as it stands.
        read: how many sites were read, where that is more than the accounts that are over.
    """
    done = batch.finished if read is None else max(read, batch.finished)
    head = _heading(batch, done)
    blocks = [sentence(run(head, "bold"), run(f"  {plain(batch.what, 200)}"))]
    if batch.state in (BatchState.RUNNING, BatchState.WAITING):
        full = _BAR * done // max(batch.total, 1)
        blocks.append(sentence(run(f"{'█' * full}{'░' * (_BAR - full)} {done / max(batch.total, 1):.0%}")))
    counts = [f"{WORDS.get(name, name)}: {count:,}" for name, count in batch.counts.items() if count]
    if counts:
        blocks.append(rich_text(bullets([line(run(one)) for one in counts])))
    if batch.state is BatchState.DONE:
        blocks.append(context(_totals(batch)))
    if batch.state is BatchState.STOPPED and batch.reason:
        blocks.append(sentence(run(plain(batch.reason, 500))))
    buttons = _batch_buttons(batch)
    if buttons:
        blocks.append(actions("enrich", *buttons))
    return Message(mrkdwn(f"{head} {plain(batch.what, 200)}", 400), tuple(blocks))


def _heading(batch: Batch, done: int) -> str:
    accounts = counted(batch.total, "account")
    return {
        BatchState.WAITING: f"⏳ {accounts} wait for their turn",
        BatchState.RUNNING: f"⏳ Enriching: {done:,} of {accounts} read",
        BatchState.STOPPED: f"⚠ Stopped after {batch.finished:,} of {accounts}",
        BatchState.DONE: f"✅ {accounts} done, {batch.counts.get('found', 0):,} enriched",
    }[batch.state]


def _totals(batch: Batch) -> str:
    counts = [count for count in batch.counts.values() if count]
    added = f"{' + '.join(f'{one:,}' for one in counts)} = {counted(batch.total, 'account')}"
    filled = ", ".join(
        f"{mrkdwn(name.replace('_', ' '), 60)} {count:,}" for name, count in batch.fields.items()
    )
    return " · ".join(part for part in (added, f"fields filled: {filled}" if filled else "") if part)


def _batch_buttons(batch: Batch) -> list[Json]:
    cancel = button("Cancel", ids.ENRICH_CANCEL, batch.id)
    if batch.state is BatchState.STOPPED:
        return [button("Go on", ids.ENRICH_RESUME, batch.id), cancel]
    if batch.state is BatchState.DONE:
        return [button("Take back", ids.ENRICH_UNDO, batch.id)] if batch.fields else []
    return [cancel] if batch.finished < batch.total else []


def undo_modal(identifier: str, what: str, values: int) -> Json:
    """Whether values are to be taken back."""
    said = f"{plain(what, 200)}: take back {counted(values, 'value')}?"
    note = "Fields that say something else by now are left as they are."
    return modal(
        "Take back", ids.ENRICH_UNDO_FORM, "Take back", identifier, [plain_section(said), context(note)]
    )


def undone_message(done: Undone) -> Message:
    """What became of taking values back."""
    parts = [f"{counted(done.undone, 'value')} taken back"]
    parts += [f"{done.kept:,} left as they are, since they say something else by now"] if done.kept else []
    parts += [f"{done.refused:,} not taken back by the CRM"] if done.refused else []
    return said_message(f"↩ {'; '.join(parts)}.")


def _field(one: FieldWrite) -> str:
    """A field as people read it; the history has its API name."""
    return plain(one.crm_field.replace("_", " "), 60)


def history_message(lines: Sequence[HistoryLine], names: Mapping[str, str], now: datetime) -> Message:
    """What was enriched lately: batches by their counts, single accounts by their values.

    Args:
        lines: newest first.
        names: of those who consented, by their key, where they are known.
        now: the present.
    """
    if not lines:
        return said_message("Nothing was enriched yet.")
    seen = lines[:HISTORY_LINES]
    said = f"Enriched lately: {counted(len(lines), 'time')}"
    rows = [[utc(_at(one)), plain(one.what, 80), plain(_outcome(one), 300), _who(one, names)] for one in seen]
    drawn = table(["When", "What", "Outcome", "Who"], rows, [False] * 4)
    blocks = [sentence(run(said, "bold")), drawn]
    options = [
        (plain(f"{utc(_at(one))} {one.what}", limits.OPTION_TEXT), one.id) for one in seen if one.can_undo
    ]
    if options:
        blocks.append(actions("enrich", select("Take back …", ids.ENRICH_UNDO, options)))
    shown_of = f"{len(seen)} of {len(lines)} · " if len(lines) > len(seen) else ""
    blocks.append(context(f"{shown_of}{utc(now)}"))
    return Message(said, tuple(blocks))


def _at(entry: HistoryLine) -> datetime:
    return entry.batch.at if entry.batch is not None else entry.values[0].at


def _who(entry: HistoryLine, names: Mapping[str, str]) -> str:
    return plain(names.get(entry.by, entry.by), 60)


def _outcome(entry: HistoryLine) -> str:
    if entry.batch is not None:
        counts = [f"{WORDS.get(name, name)} {count:,}" for name, count in entry.batch.counts.items() if count]
        accounts = counted(entry.batch.total, "account")
        back = " (taken back)" if any(one.state is WriteState.UNDONE for one in entry.values) else ""
        return f"{entry.batch.state.value}, {accounts}: {', '.join(counts) or 'none yet'}{back}"
    return "; ".join(
        f"{_field(one)}: {shown(one.old) or EMPTY} → {shown(one.new) or EMPTY} "
        f"({one.state.value.replace('_', ' ')})"
        for one in entry.values[:VALUE_LINES]
    )
