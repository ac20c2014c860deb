"""App Home: how the accounts stand, what moved, what is open, and whether everything works."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from bot.app.administration import Administration
from bot.app.checks import Check
from bot.app.people import Role
from bot.app.services import HomeView, MovedAccount
from bot.app.wording import ago, counted, day
from bot.slack.views.administration import administration_blocks
from bot.slack.views.alert import alert_blocks
from bot.slack.views.blocks import (
    Json,
    bullets,
    context,
    divider,
    header,
    line,
    named,
    rich_text,
    run,
    sentence,
)
from bot.slack.views.marks import Marks, marked
from bot.slack.views.text import data_age, plain
from bot.slack.views.zoho_link import zoho_link_blocks

ALERTS: Final = 10  # at most five blocks each, under the 100 of a view
MOVES: Final = 10
LABELS: Final = 50
CHECKS: Final = 20


def home_view(home: HomeView, marks: Marks, now: datetime) -> Json:
    """The view of one person."""
    blocks = [
        header("How accounts stand"),
        context(data_age(home.as_of, now)),
        *_labels(home, marks),
        *_moves(home),
        *_alerts(home),
        *_zoho_link(home),
        *_health(home),
        *_administration(home, now),
        context("Ask in the Messages tab: `show VIP accounts`, `my accounts at risk`, or `help`."),
    ]
    return {"type": "home", "blocks": blocks}


def refused_home(reason: str) -> Json:
    """What somebody sees who may see nothing."""
    return {"type": "home", "blocks": [header("Bellwether"), sentence(run("🔒 "), run(plain(reason, 600)))]}


def _labels(home: HomeView, marks: Marks) -> Iterator[Json]:
    rows = [
        line(run(f"{marked(label, marks)}  "), run(f"{count:,}", "bold"))
        for label, count in home.label_counts[:LABELS]
    ]
    yield (
        rich_text(*rows) if rows else sentence(run("No account has a label yet: the first run is not done."))
    )


def _moves(home: HomeView) -> Iterator[Json]:
    yield divider()
    if not home.my_moves:
        yield sentence(run("None of your accounts moved lately."))
        return
    heading = line(run("Your accounts that moved", "bold"))
    yield rich_text(heading, bullets([_move(one) for one in home.my_moves[:MOVES]]))
    if len(home.my_moves) > MOVES:
        yield context(f"… and {counted(len(home.my_moves) - MOVES, 'more account')}")


def _move(moved: MovedAccount) -> Json:
    ends = " → ".join(plain(end, 60) if end else "no label" for end in (moved.move.old, moved.move.new))
    return line(named(moved.name, moved.crm_url), run(f" {ends} · {day(moved.move.at.date())}"))


def _alerts(home: HomeView) -> Iterator[Json]:
    yield divider()
    if not home.open_alerts:
        yield sentence(run("No alert is open."))
        return
    yield sentence(run(counted(len(home.open_alerts), "open alert"), "bold"))
    for notice in home.open_alerts[:ALERTS]:
        yield from alert_blocks(notice)
    if len(home.open_alerts) > ALERTS:
        yield context(f"… and {counted(len(home.open_alerts) - ALERTS, 'more alert')} in the channels")


def _zoho_link(home: HomeView) -> Iterator[Json]:
    if home.zoho_connected is not None:
        yield from zoho_link_blocks(connected=home.zoho_connected)


def _health(home: HomeView) -> Iterator[Json]:
    yield divider()
    rows = [line(*_check(check)) for check in home.checks[:CHECKS]]
    if rows:
        yield rich_text(line(run("Health", "bold")), bullets(rows))


def _check(check: Check) -> list[Json]:
    age = f" · {ago(check.age_seconds)}" if check.age_seconds is not None else ""
    said = f": {plain(check.detail, 300)}{age}"
    advice = [run(f". {plain(check.advice, 300)}", "italic")] if check.advice and not check.ok else []
    return [run("✅ " if check.ok else "⚠️ "), run(plain(check.name, 80), "bold"), run(said), *advice]


def _administration(home: HomeView, now: datetime) -> Iterator[Json]:
    if home.person.may(Role.ADMIN):
        held = home.administration or Administration()
        yield from administration_blocks(held, home.misses, now)
