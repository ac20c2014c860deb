"""Names that want to ping, link or disguise, in every field of every message: judged on the JSON."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app.answers import CardOffer, Explanation, FurtherColumn, Group, LabelMove
from bot.app.services import Check, HomeView, MovedAccount
from bot.app.tables import AnswerTable, CellType, Picture, Point, Shape, TableColumn
from bot.language.question import Kind, NotUnderstood, Question, Reading, Sort, UnknownWord
from bot.slack.views.alert import alert_message, summary_message, text_message
from bot.slack.views.answer import answer_message
from bot.slack.views.blocks import Json, Message
from bot.slack.views.drawing import Drawing
from bot.slack.views.help import help_message
from bot.slack.views.home import home_view
from bot.slack.views.limits import Surface, check
from bot.slack.views.not_understood import not_understood_message
from bot.slack.views.problem import problem_message, refusal_message
from bot.slack.views.text import mrkdwn, plain, web_address
from sandbox.demo.transcript import message_text, mrkdwn_text, view_text
from sandbox.slack.blocks import HOME, MESSAGE, check_blocks
from scoring.criteria.tree import Compare, Operator
from tests.support.fake_services import (
    ADA,
    EVERY_TYPE,
    NOW,
    account,
    breakdown_answer,
    card,
    card_answer,
    list_answer,
    notice,
    row_of_every_type,
    table_answer,
)

HOSTILE = [
    "<!channel>",
    "<!here|here> now",
    "<@UDARCEL>",
    "<#CSALES|sales>",
    "<!subteam^S1|team>",
    "<https://evil.example|Open in CRM>",
    "https://evil.example/x",
    "*bold* _it_ ~gone~ `code`",
    "```all",
    "a & b < c > d",
    "&lt;!channel&gt;",
    "<!date^1^{time}^https://evil.example|12:00>",
    "\u202eevil\u202c right to left",
    "שלום עולם",
    "two\nlines\r\nand\u2028more\x00\x1b[31m",
    "<" * 300,
    "&" * 300,
    "*" * 300,
    "x" * 5000,
    "\ud800 half of a pair",
    "👩\u200d⚕️ clinic",
]
# What Slack acts upon in mrkdwn, other than the dates that we write.
ACTIVE = re.compile(r"<(?!!date\^\d+\^[^<>|^]*\|[^<>^|]* UTC>)")
DIRECTION_MARKS = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067")
ISOLATES = re.compile("\u2068[^\u2068\u2069]*\u2069")  # the ones that we write: a text by itself


def every_message(name: str) -> Iterator[Message]:
    """Each view with this value in every field that can hold text."""
    marks = {name: "🟢"}
    drawing = Drawing(NOW, marks, asker="UDARCEL")
    line = account(name, label=name, industry=name, city=name, state=name, country=name, owner=name)
    answer = list_answer(line, line, question=name, read_as=name, total=30, currency=name)
    columns = ("label", "r", "f", "m", "total", "industry", "city", "state", "country", "owner")
    more = ("last_purchase", "purchases", "spend_minor", "annual_revenue_minor", "employees", "unknown")
    yield answer_message(replace(answer, columns=columns + more), drawing)
    yield answer_message(replace(answer, accounts=(), total=0), drawing)
    further = FurtherColumn(name, TableColumn("tier", name, CellType.TEXT))
    asked = Question(Kind.LIST, Compare("name", Operator.EQ, name), sort=(Sort(name),))
    wide = replace(line, further=(name,))
    own = replace(answer, accounts=(wide, wide), asked=asked, further=(further,), columns=("tier",))
    for one in (drawing, replace(drawing, private=True, may_save=True, note=mrkdwn(name))):
        yield answer_message(replace(own, remarks=(name,) * 9), one)
        yield from every_table(name, one)
    yield answer_message(replace(answer, kind="count"), drawing)  # type: ignore[arg-type]
    groups = replace(breakdown_answer(Group(name, 3), Group(None, 1)), question=name, read_as=name)
    yield answer_message(replace(groups, group_by=name), drawing)
    yield answer_message(replace(groups, group_by="label"), drawing)
    yield answer_message(replace(card_answer(hostile_card(name)), question=name, read_as=name), drawing)
    unknown = UnknownWord(name, 0, (Reading(name, name), Reading(name, name)))
    yield not_understood_message(name, NotUnderstood((unknown,) * 7, name, (Reading(name, name),)), drawing)
    yield help_message([SimpleNamespace(title=name, examples=(name, name))], drawing)
    yield problem_message(name, name, name)
    yield refusal_message(name)
    yield from every_notice(name)


def every_table(name: str, drawing: Drawing) -> Iterator[Message]:
    """Each kind of answer that is a table, with this value in its heads, cells and sentences."""
    heads = tuple(replace(one, head=name) for one in EVERY_TYPE)
    row = row_of_every_type(name, period=name, day=None)
    many = table_answer(*(row,) * 150, question=name, read_as=name, said=name, remarks=(name,) * 30)
    table = AnswerTable(heads, (row,) * 150, 400)
    yield answer_message(replace(many, table=table), drawing)
    asked = Question(Kind.MOVED, Compare("name", Operator.EQ, name))
    for kind in (Kind.FIGURE, Kind.MOVED, Kind.HISTORY, Kind.OFFERS, Kind.PROSPECTS, Kind.WHY, Kind.FLOCK):
        point = Picture(Shape.BAR, name, name, CellType.MONEY, (Point(name, 1),), name)
        few = table_answer(row, kind=kind, asked=asked, said=name, question=name, currency=name)
        yield answer_message(replace(few, picture=point), drawing)
        yield answer_message(replace(few, table=None, picture=None), drawing)
    twenty = AnswerTable(heads * 3, (row * 3,) * 3, 3)
    yield answer_message(replace(many, table=twenty), drawing)


def hostile_card(name: str) -> Any:
    return card(
        name,
        segmentation=name,
        why=(name, name),
        further=(Explanation(name, "leaving", name, name, (name, name)),) * 6,
        next_step=name,
        offers=(CardOffer(name, "repeat_buy", Decimal("0.5"), 1, name),) * 3,
        last_change=LabelMove(NOW, name, name),
        last_deal_name=name,
        contacts=((name, name, name),),
        website=name,
        crm_url=name,
        line=account(name, label=name, industry=name, city=name, state=name, country=name, owner=name),
    )


def every_notice(name: str) -> Iterator[Message]:
    hostile = notice(
        account_name=name,
        crm_url=name,
        segmentation=name,
        old_label=name,
        new_label=name,
        direction=name,
        reasons=(name,) * 9,
        currency=name,
        owner_name=name,
        next_step=name,
    )
    yield alert_message(hostile)
    acted = replace(hostile, state="acknowledged", acted_by=name, acted_at=NOW)
    yield alert_message(acted)
    yield alert_message(replace(acted, state="snoozed", snoozed_until=NOW + timedelta(days=1)))
    yield alert_message(replace(acted, state=name))
    rows = [{"name": name, "old": name, "new": None, "money_minor": 5}] * 300
    yield summary_message({"title": name, "lines": rows, "total": 400, "currency": name})
    yield text_message(name)


def home_of(name: str) -> Json:
    moved = MovedAccount("1", name, LabelMove(NOW, name, None), name)
    alerts = tuple(
        notice(number, account_name=name, reasons=(name,), next_step=name, owner_name=name)
        for number in range(30)
    )
    checks = (Check(name, ok=False, detail=name, age_seconds=1e9, advice=name),) * 30
    home = HomeView(replace(ADA, name=name), ((name, 1),) * 60, (moved,) * 30, alerts, checks, None)
    return home_view(home, {name: "🟢"}, NOW)


def mrkdwn_texts(value: Any) -> Iterator[str]:
    """Every text that Slack parses, at any depth; that of the message itself included by the caller."""
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            yield value["text"]
        for inner in value.values():
            yield from mrkdwn_texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from mrkdwn_texts(inner)


def shown(value: Any) -> Any:
    """Without what buttons carry: that is not shown, and is asked again as if it had been typed."""
    if isinstance(value, dict):
        return {name: shown(inner) for name, inner in value.items() if name != "value"}
    return [shown(inner) for inner in value] if isinstance(value, list | tuple) else value


def assert_harmless(payload: Json, surface: Surface) -> None:
    assert check(payload, surface) == []
    sent = json.loads(json.dumps(payload))
    assert check_blocks(sent["blocks"], MESSAGE if surface is Surface.MESSAGE else HOME) == []
    for text in [*mrkdwn_texts(payload["blocks"]), payload.get("text", "")]:
        assert not ACTIVE.search(text), text
    everything = json.dumps(shown(payload), ensure_ascii=False)
    assert not DIRECTION_MARKS & set(everything)
    assert not {"\u2068", "\u2069"} & set(ISOLATES.sub("", everything))
    assert "\\u0000" not in everything
    kinds = set(re.findall(r'"type": "(\w+)"', everything))
    assert not kinds & {"user", "channel", "usergroup", "broadcast", "emoji", "image"}
    assert set(re.findall(r'"url": "([^"]*)"', everything)) <= {
        "https://crm.example/accounts/1",
        "https://konex.example",
        "https://evil.example/x",
    }


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[:20]))
def test_no_message_pings_or_links(name: str) -> None:
    for message in every_message(name):
        assert_harmless(message.payload(), Surface.MESSAGE)


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[:20]))
def test_no_home_pings_or_links(name: str) -> None:
    assert_harmless(home_of(name), Surface.HOME)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60) | st.text(alphabet="<>&|!@#*_~`^ ax\n\u202e", max_size=60))
def test_nothing_anybody_can_type_is_active(name: str) -> None:
    for message in every_message(name):
        assert_harmless(message.payload(), Surface.MESSAGE)
    assert_harmless(home_of(name), Surface.HOME)


@pytest.mark.parametrize("name", ["<!channel>", "*bold* & `co`", "<https://evil.example|x>", "a_b_c ~d~"])
def test_the_name_is_shown_as_it_is_written(name: str) -> None:
    drawing = Drawing(NOW, {})
    assert name in message_text(answer_message(list_answer(account(name)), drawing).payload())
    assert name in message_text(answer_message(card_answer(card(name)), drawing).payload())
    alert = alert_message(notice(account_name=name, owner_name=name)).payload()
    assert f"🔴 {name} VIP → At Risk" in message_text(alert)
    assert f"Owner: {name}" in message_text(alert)
    assert mrkdwn_text(alert["text"]).startswith(f"🔴 {name} VIP → At Risk. $123.5k at stake, owner {name}")
    assert f"🔴 {name} VIP" in view_text(home_of(name))


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300))
def test_a_foreign_value_is_one_visible_line(value: str) -> None:
    shown = plain(value)
    assert 0 < len(shown) <= 200
    assert all(sign in " \u200d" or unicodedata.category(sign)[0] not in "CZ" for sign in shown)
    assert mrkdwn_text(mrkdwn(value)) == shown, "escaping is undone by reading, whatever it says"


@pytest.mark.parametrize(
    ("url", "offered"),
    [
        ("https://crm.zoho.eu/crm/org1/tab/Accounts/1", True),
        ("http://127.0.0.1:8701/crm/1", True),
        ("http://crm.example/1", False),
        ("javascript:alert(1)", False),
        ("https://x|y", False),
        ("https://x> <!channel", False),
        ("https://[", False),
        ("https://", False),
        ("", False),
        (None, False),
        ("https://x/" + "y" * 3000, False),
    ],
)
def test_only_safe_addresses_are_offered(url: str | None, offered: bool) -> None:
    assert web_address(url) == (url if offered else None)
