"""A back-test in the terminal: tables of a technique beside simple rules, then what they say in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from bot.app.backtesting import Made
from scoring.backtest.measures import Interval
from scoring.backtest.results import Backtest, Window

NOTHING = "–"


def show_backtest(console: Console, made: Made) -> None:
    """The verdict stands last, where the eye is."""
    found = made.backtest
    title = f"{found.segmentation} ({found.technique}): accounts that {found.happened}"
    console.print(f"[bold]{escape(title)}[/bold], as of {made.as_of}", highlight=False)
    for table in _tables(found):
        console.print()
        console.print(table)
    console.print()
    for note in dict.fromkeys(f"{one.day}, {one.group}: {one.note}" for one in found.windows if one.note):
        console.print(f"[dim]{escape(note)}[/dim]", highlight=False)
    for warning in found.warnings:
        console.print(f"[yellow]{escape(warning)}[/yellow]", highlight=False)
    for sentence in found.verdict:
        console.print(escape(sentence), highlight=False)


def _tables(found: Backtest) -> Iterator[Table]:
    windows = [one for one in found.windows if any(ranking.auc is not None for ranking in one.rankings)]
    if windows:
        yield _rankings(windows)
    if any(one.shown for window in found.windows for one in window.lists):
        yield _lists(found)
    if any(one.accounts for one in found.labels):
        yield _labels(found)
    if found.lead_times:
        yield _lead_times(found)


def _rankings(windows: list[Window]) -> Table:
    """The technique's own rows are bold."""
    table = _table(("Day", "Of", "By"), ("Rows", "Happened", "AUC", "95 %", "Brier", "Calibration error"))
    for window in windows:
        for at, one in enumerate(window.rankings):
            first = at == 0
            table.add_row(
                str(window.day) if first else "",
                window.group if first else "",
                _name(one.name, own=one.own),
                f"{window.rows:,}" if first else "",
                f"{window.happened:,}" if first else "",
                _number(one.auc),
                _interval(one.interval),
                _number(one.brier),
                _number(one.calibration_error),
            )
    return table


def _lists(found: Backtest) -> Table:
    table = _table(
        ("Day", "Of", "Named by"), ("Named", "Right", "Precision", "95 %", "Recall", "Median days")
    )
    for window in found.windows:
        for at, one in enumerate(one for one in window.lists if one.shown):
            first = at == 0
            table.add_row(
                str(window.day) if first else "",
                window.group if first else "",
                _name(one.name, own=one.own),
                f"{one.shown:,}",
                f"{one.right:,.0f}",
                _share(one.precision),
                _interval(one.interval, percent=True),
                _share(one.recall),
                NOTHING if one.median_days is None else f"{one.median_days:.0f}",
            )
    return table


def _labels(found: Backtest) -> Table:
    table = _table(("Label",), ("Accounts", "Happened", "Share", "95 %"))
    for one in found.labels:
        label = "[dim]no label[/dim]" if one.label is None else escape(one.label)
        limits = _interval(one.interval, percent=True)
        table.add_row(label, f"{one.accounts:,}", f"{one.happened:,}", _share(one.share), limits)
    return table


def _lead_times(found: Backtest) -> Table:
    """How early; days are medians over the alerts that were right."""
    table = _table(
        ("First alert in a silence",),
        ("Alerts", "Right", "Precision", "Recall", "On day", "Before twice the gap", "Before it is over"),
    )
    for one in found.lead_times:
        days = (one.median_day, one.median_ahead, one.median_notice)
        table.add_row(
            _name(one.rule, own=one.own),
            f"{one.alerts:,}",
            f"{one.right:,}",
            _share(one.precision),
            _share(one.recall),
            *(NOTHING if value is None else f"{value:.0f}" for value in days),
        )
    return table


def _table(texts: tuple[str, ...], numbers: tuple[str, ...]) -> Table:
    columns = (*(Column(name) for name in texts), *(Column(name, justify="right") for name in numbers))
    return Table(*columns, box=None, pad_edge=False)


def _name(name: str, *, own: bool) -> str:
    return f"[bold]{escape(name)}[/bold]" if own else escape(name)


def _number(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.3f}"


def _share(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.1%}"


def _interval(limits: Interval | None, *, percent: bool = False) -> str:
    if limits is None:
        return NOTHING
    return "–".join(f"{100 * one:.0f}" if percent else f"{one:.2f}" for one in limits)
