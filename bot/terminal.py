"""What the terminal shows: answers, reports, checks. Pure drawing with rich; nothing is decided here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from rich.console import Console, Group, JustifyMethod
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn
from rich.progress import Progress as Bars
from rich.table import Column, Table

from bot.app.answers import AccountCard, AccountLine, Answer
from bot.app.errors import UserError
from bot.app.services import Check
from bot.app.wording import NOTHING, ago, day, money
from bot.language.question import Kind, NotUnderstood
from connector.sync.report import ModuleReport, Progress, SyncReport

HEADINGS = {
    "label": "Label",
    "r": "R",
    "f": "F",
    "m": "M",
    "total": "RFM",
    "industry": "Industry",
    "city": "City",
    "state": "State",
    "country": "Country",
    "owner": "Owner",
    "last_purchase": "Last purchase",
    "purchases": "Purchases",
    "spend_minor": "Spend",
    "annual_revenue_minor": "Revenue",
    "employees": "Employees",
}
NUMBERS = {"r", "f", "m", "total", "purchases", "spend_minor", "annual_revenue_minor", "employees"}


def show_answer(console: Console, answer: Answer, now: datetime) -> None:
    """An answer, with how it was read below it."""
    if answer.not_understood is not None:
        _show_not_understood(console, answer.not_understood)
        return
    if answer.kind is Kind.HELP:
        show_help(console, answer.help)
        return
    if answer.card is not None:
        _show_card(console, answer.card, answer.currency)
    elif answer.kind is Kind.COUNT_BY:
        _show_groups(console, answer)
    elif answer.kind is Kind.COUNT:
        console.print(f"[bold]{answer.total:,}[/bold]")
    else:
        console.print(account_table(answer.accounts, answer.columns, answer.currency))
    console.print(f"[dim]Read as[/dim] {escape(answer.read_as)}", highlight=False)
    shown = "" if answer.card else f"{answer.shown} of {answer.total} · "
    console.print(f"[dim]{shown}{data_age(answer.as_of, now)}[/dim]", highlight=False)


def show_help(console: Console, topics: Sequence[Any]) -> None:
    """What can be asked."""
    for topic in topics:
        console.print(f"[bold]{escape(topic.title)}[/bold]")
        for example in topic.examples:
            console.print(f"  {escape(example)}", highlight=False)


def account_table(accounts: Sequence[AccountLine], columns: Sequence[str], currency: str) -> Table:
    """Accounts as a table; every value is shown as it is, never as markup."""
    table = Table(Column("Account", no_wrap=True), box=None, pad_edge=False)
    for column in columns:
        justify: JustifyMethod = "right" if column in NUMBERS else "left"
        table.add_column(HEADINGS.get(column, column), justify=justify, no_wrap=True)
    for account in accounts:
        cells = [_cell(column, getattr(account, column), currency) for column in columns]
        table.add_row(escape(account.name), *(escape(cell) for cell in cells))
    return table


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
    for name in (*counts, "seconds", "rows/s"):
        table.add_column(name.capitalize(), justify="right")
    for one in report.modules:
        numbers = (*(f"{getattr(one, name):,}" for name in counts), f"{one.seconds:.1f}", f"{one.rate:,.0f}")
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
            self._tasks[progress.module] = self._progress.add_task(name, total=None, rate="", left="")
        total = max(progress.total, progress.read) if progress.total is not None else None
        self._progress.update(
            self._tasks[progress.module],
            completed=progress.read,
            total=total,
            rate=f"{progress.rate:,.0f} rows/s",
            left="" if progress.seconds_left is None else _time_left(progress.seconds_left),
        )


def _time_left(seconds: float) -> str:
    return f"{timedelta(seconds=round(seconds))} left" if round(seconds) else "done"


def data_age(as_of: datetime | None, now: datetime) -> str:
    """How old the data is."""
    if as_of is None:
        return "the CRM has not been read to its end yet: run `bellwether sync`"
    return f"data from {ago((now - as_of).total_seconds())}"


def _cell(column: str, value: Any, currency: str) -> str:
    if value is None:
        return NOTHING
    if column.endswith("_minor"):
        return money(value, currency)
    if column in NUMBERS:
        return f"{value:,}"
    return day(value) if isinstance(value, date) else str(value)


def _line_cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else str(value)


def _show_groups(console: Console, answer: Answer) -> None:
    table = Table((answer.group_by or "value").capitalize(), box=None, pad_edge=False)
    table.add_column("Accounts", justify="right")
    for group in answer.groups:
        table.add_row(escape(group.value or "(none)"), f"{group.count:,}")
    console.print(table)


def _show_card(console: Console, card: AccountCard, currency: str) -> None:
    line = card.line
    since = f" since {card.label_since:%d %b %Y}" if card.label_since else ""
    console.print(
        f"[bold]{escape(line.name)}[/bold] · {escape(line.label or 'no label')}{since}", highlight=False
    )
    facts = {
        "R F M": " ".join(str(score or NOTHING) for score in (line.r, line.f, line.m)),
        "Spend": f"{money(line.spend_minor, currency)} in {line.purchases:,} purchases",
        "Last purchase": day(line.last_purchase),
        "Owner": line.owner or NOTHING,
        "Place": ", ".join(part for part in (line.city, line.state, line.country) if part) or NOTHING,
        "Open deals": f"{card.open_deals} worth {money(card.open_deals_minor, currency)}",
    }
    for name, value in facts.items():
        console.print(f"  {name:14}{escape(value)}", highlight=False)
    for sentence in card.why:
        console.print(f"  · {escape(sentence)}", highlight=False)
    for one in card.further:
        said = " · ".join(part for part in (one.label or "no label", one.measured) if part)
        console.print(f"[bold]{escape(one.segmentation)}[/bold] · {escape(said)}", highlight=False)
        for sentence in one.why:
            console.print(f"  · {escape(sentence)}", highlight=False)


def _show_not_understood(console: Console, problem: NotUnderstood) -> None:
    console.print(escape(problem.reason), highlight=False)
    for word in problem.words:
        console.print(f"  not understood: [bold]{escape(word.word)}[/bold]", highlight=False)
        for reading in word.readings:
            console.print(f"    → {escape(reading.text)}", highlight=False)
    for reading in problem.readings:
        console.print(f"  → {escape(reading.text)}", highlight=False)


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
