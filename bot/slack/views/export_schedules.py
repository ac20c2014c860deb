"""What is shown of exports that are made again and again: in the history, and when one does not go on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bot.app.exporting import chosen_said, target_of
from bot.app.exporting_rhythm import ExportSchedule, ScheduleState
from bot.slack import ids
from bot.slack.views import limits
from bot.slack.views.blocks import Json, Message, button, context, run, select, sentence
from bot.slack.views.blocks import actions as row
from bot.slack.views.text import mrkdwn, plain

STOP, RESUME = "stop", "resume"
SCHEDULES_SHOWN: Final = 10
_NAME: Final = 200


def scheduled_message(schedule: ExportSchedule) -> Message:
    """That an export is made again and again from now on."""
    said = f"🔁 {_capital(schedule.rhythm.said)}: {_named(schedule)}"
    note = context("`exports` shows what is scheduled, and stops it.")
    return Message(mrkdwn(said, 400), (sentence(run(said)), note))


def halted_message(schedule: ExportSchedule) -> Message:
    """Why a schedule does not go on; one that only rests has a button."""
    does = "rests" if schedule.state is ScheduleState.PAUSED else "has ended"
    said = f"⏸ The export {schedule.rhythm.said} {does}: {_named(schedule)}"
    blocks = [sentence(run(said)), context(mrkdwn(schedule.reason or "No reason was given.", 500))]
    if schedule.state is ScheduleState.PAUSED:
        again = button("Resume", ids.EXPORT_SCHEDULE, f"{RESUME}:{schedule.public_id}")
        blocks.append(row(f"export_schedule.{schedule.public_id}", again))
    return Message(mrkdwn(said, 400), tuple(blocks))


def schedule_blocks(schedules: Sequence[ExportSchedule]) -> list[Json]:
    """The schedules as lines, with a menu to stop and to resume them; nothing when there are none."""
    if not schedules:
        return []
    shown = schedules[:SCHEDULES_SHOWN]
    left = len(schedules) - len(shown)
    lines = [sentence(run("Scheduled exports", "bold")), *(sentence(run(_line(one))) for one in shown)]
    more = [context(f"{left} more: `bellwether exports --schedules` lists all.")] if left else []
    options = [(plain(text, limits.OPTION_TEXT), value) for one in shown for text, value in _options(one)]
    return [*lines, *more, row("export_schedules", select("Schedules", ids.EXPORT_SCHEDULE, options))]


def _line(schedule: ExportSchedule) -> str:
    halted = "" if schedule.state is ScheduleState.ACTIVE else f" · {schedule.state}: {schedule.reason or ''}"
    form = f"{schedule.wanted.wish.format}, {chosen_said(schedule.wanted.wish)}"
    return plain(f"🔁 {schedule.rhythm.said} · {_named(schedule)} · {form}{halted}", 500)


def _options(schedule: ExportSchedule) -> Iterator[tuple[str, str]]:
    if schedule.state is ScheduleState.PAUSED:
        yield f"Resume: {_named(schedule)}", f"{RESUME}:{schedule.public_id}"
    verb = "Remove" if schedule.state is ScheduleState.ENDED else "Stop"
    yield f"{verb}: {_named(schedule)}", f"{STOP}:{schedule.public_id}"


def _named(schedule: ExportSchedule) -> str:
    return plain(schedule.wanted.question or target_of(schedule.wanted), _NAME)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
