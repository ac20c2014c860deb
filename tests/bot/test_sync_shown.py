"""What a person sees of a sync: rows, rate, credits and the time left while it runs; the same behind it."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime

from rich.console import Console

from bot.terminal import SyncBars, report_table
from connector.sync.report import Progress, SyncReport, Tally

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def shown(*progress: Progress, terminal: bool = True) -> str:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=120, color_system=None)
    with SyncBars(console) as bars:
        for one in progress:
            bars.show(one)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_bar_has_rows_rate_credits_and_the_time_left() -> None:
    text = shown(Progress("Deals", 50_000, 200_000, 1_250.4, 120.0, 71))
    for word in ("Deals", "50000/200000", "1,250 rows/s", "71 credits", "0:02:00 left"):
        assert word in text
    assert "1 credit " in shown(Progress("Deals", 5, 5, 10.0, 0.0, 1))


def test_nothing_is_drawn_where_nobody_looks_or_nothing_came() -> None:
    assert "Deals" not in shown(Progress("Deals", 0, None, 0.0, None, 1))
    assert shown(Progress("Deals", 5, 5, 10.0, 0.0, 1), terminal=False) == ""


def test_the_table_says_what_each_module_cost() -> None:
    tally = Tally("Deals", read=1_500, inserted=1_500)
    one = replace(tally.report(2.0), credits=1_074)
    console = Console(file=io.StringIO(), width=140)
    console.print(report_table(SyncReport((one,), NOW, NOW)))
    assert isinstance(console.file, io.StringIO)
    head, row, *_ = console.file.getvalue().splitlines()
    assert head.split()[-1] == "Credits"
    assert row.split()[-1] == "1,074"
