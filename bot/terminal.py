"""What the terminal shows: reports and checks. Pure drawing with rich; nothing is decided here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn
from rich.progress import Progress as Bars
from rich.table import Table

from bot.app.errors import UserError

if TYPE_CHECKING:
    from bot.app.checks import Check
    from connector.sync.report import ModuleReport, Progress, SyncReport


def show_checks(console: Console, checks: Sequence[Check]) -> None:
    """Each check with its detail; what to do below those that fail."""
    for check in checks:
        mark = "[green]✓[/green]" if check.ok else "[red]✗[/red]"
        console.print(f"{mark} [bold]{check.name}[/bold] {escape(check.detail)}", highlight=False)
        if not check.ok and check.advice:
            console.print(f"    → {escape(check.advice)}", highlight=False)


def moment(text: str) -> datetime:
    """An instant as somebody types it; without an offset it is UTC.

    Raises:
        UserError: it is none.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(
            f"{text!r} is not a date or an instant.", "Write 2026-01-31 or 2026-01-31T14:00+01:00."
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def report_table(report: SyncReport) -> Group:
    """What a sync read, wrote and left, a line a module; below it how each was read, and what to know."""
    if report.note is not None:
        return Group(report.note)
    table = Table("Module", box=None, pad_edge=False)
    counts = ("read", "inserted", "updated", "unchanged", "deleted", "skipped")
    for name in (*counts, "seconds", "rows/s", "credits"):
        table.add_column(name.capitalize(), justify="right")
    for one in report.modules:
        speed = (f"{one.seconds:.1f}", f"{one.rate:,.0f}", f"{one.credits:,}")
        numbers = (*(f"{getattr(one, name):,}" for name in counts), *speed)
        table.add_row(escape(one.module), *numbers)
    notes = [escape(note) for one in report.modules for note in _module_notes(one)]
    if report.rehearsed:
        notes.append("Nothing was written: this is what a sync would do now.")
    return Group(table, *(f"[dim]{note}[/dim]" for note in notes))


def _module_notes(report: ModuleReport) -> list[str]:
    name = report.module
    return [
        f"{name}: {report.plan}",
        *(f"{name}: the field {change}" for change in report.field_changes),
        *(f"{name}: {note}" for note in report.notes),
        *(f"{name} has no field {field}; its column stays empty" for field in report.missing_fields),
        *(f"skipped {name} {reason}" for reason in report.reasons),
    ]


def lines_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Rows of one kind, a column a key."""
    table = Table(*(name.replace("_", " ").capitalize() for name in rows[0]), box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(escape(_line_cell(value)) for value in row.values()))
    return table


class SyncBars:
    """A progress bar for each module that is being read, as a context; plain silence when not a terminal."""

    def __init__(self, console: Console) -> None:
        self._progress = Bars(
            TextColumn("{task.description:>12}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TextColumn("{task.fields[credits]}"),
            TextColumn("{task.fields[left]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> SyncBars:
        self._progress.start()
        return self

    def __exit__(self, *_details: object) -> None:
        self._progress.stop()

    def show(self, progress: Progress) -> None:
        """Move the bar of a module."""
        if not progress.read and progress.total is None:
            return  # nothing has changed so far: no bar yet
        if progress.module not in self._tasks:
            name = escape(progress.module)
            self._tasks[progress.module] = self._progress.add_task(
                name, total=None, rate="", credits="", left=""
            )
        total = max(progress.total, progress.read) if progress.total is not None else None
        self._progress.update(
            self._tasks[progress.module],
            completed=progress.read,
            total=total,
            rate=f"{progress.rate:,.0f} rows/s",
            credits=f"{progress.credits:,} credit{'' if progress.credits == 1 else 's'}",
            left="" if progress.seconds_left is None else _time_left(progress.seconds_left),
        )


def _time_left(seconds: float) -> str:
    return f"{timedelta(seconds=round(seconds))} left" if round(seconds) else "done"


def _line_cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else str(value)


def sources_rows(done: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What was read of every source, a line each: lists of Finance, and sources of engagement."""
    rows = []
    for product, report in done.items():
        if product == "events":
            rows += [
                {
                    "source": one["source"],
                    "read": one["read"],
                    "changed": one["changed"],
                    "how": one["error"] or "",
                }
                for one in report
            ]
            continue
        rows += [
            {
                "source": f"{product} {one['name']}",
                "read": one["read"],
                "changed": one["inserted"] + one["updated"] + one["deleted"],
                "error": one["problem"],
            }
            for one in report["lists"]
        ]
    return rows
