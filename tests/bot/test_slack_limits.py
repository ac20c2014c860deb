"""Our idea of Slack's limits against two others': slackblocks', and that of the sandbox's Slack."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import slackblocks
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.slack.views import limits
from bot.slack.views.blocks import (
    Json,
    actions,
    button,
    context,
    fields,
    header,
    plain_section,
    run,
    section,
    select,
    sentence,
    table,
)
from bot.slack.views.limits import Surface, check
from bot.slack.views.text import split
from sandbox.slack.blocks import MESSAGE, check_blocks

SEND = "send"


def accepted(*blocks: Json, text: str = "text") -> bool:
    return check({"text": text, "blocks": list(blocks)}, Surface.MESSAGE) == []


def accepted_by(build: Callable[[], Any]) -> bool:
    try:
        build()
    except slackblocks.errors.InvalidUsageError:
        return False
    return True


BOUNDARIES: dict[str, tuple[int, Callable[[int], list[Json]], Callable[[int], Any]]] = {
    "section": (
        limits.SECTION_TEXT,
        lambda size: [section("x" * size)],
        lambda size: slackblocks.SectionBlock("x" * size),
    ),
    "field": (
        limits.FIELD_TEXT,
        lambda size: [fields([("a", "x" * (size - len("*a*\n")))])],
        lambda size: slackblocks.SectionBlock("t", fields=["x" * size]),
    ),
    "header": (
        limits.HEADER_TEXT,
        lambda size: [header("") | {"text": {"type": "plain_text", "text": "x" * size}}],
        lambda size: slackblocks.HeaderBlock("x" * size),
    ),
    "context": (
        limits.CONTEXT_ELEMENTS,
        lambda size: [context(*["x"] * size)],
        lambda size: slackblocks.ContextBlock([slackblocks.Text("x")] * size),
    ),
    "actions": (
        limits.ACTION_ELEMENTS,
        lambda size: [actions("b", *(button("x", f"a.{one}", "v") for one in range(size)))],
        lambda size: slackblocks.ActionsBlock([slackblocks.Button("x", f"a.{one}") for one in range(size)]),
    ),
    "button value": (
        limits.BUTTON_VALUE,
        lambda size: [actions("b", button("x", "a", "v" * size))],
        lambda size: slackblocks.Button("x", "a", value="v" * size),
    ),
    "blocks": (
        limits.MESSAGE_BLOCKS,
        lambda size: [section("x")] * size,
        lambda size: slackblocks.Message("#c", blocks=[slackblocks.SectionBlock("x") for _ in range(size)]),
    ),
    "table rows": (
        limits.TABLE_ROWS,
        lambda size: [table(["h"], [["x"]] * (size - 1), [False])],
        lambda size: slackblocks.TableBlock([[slackblocks.RawText("x")]] * size),
    ),
    "table cells": (
        limits.TABLE_CELLS,
        lambda size: [table(["h"] * size, [], [False])],
        lambda size: slackblocks.TableBlock([[slackblocks.RawText("x")] * size]),
    ),
}


@pytest.mark.parametrize("name", BOUNDARIES)
@pytest.mark.parametrize("beyond", [0, 1])
def test_the_boundaries_are_where_others_have_them(name: str, beyond: int) -> None:
    most, ours, theirs = BOUNDARIES[name]
    blocks = ours(most + beyond)
    assert accepted(*blocks) is (beyond == 0)
    assert accepted_by(lambda: theirs(most + beyond)) is (beyond == 0), "slackblocks"
    assert (check_blocks(json.loads(json.dumps(blocks)), MESSAGE) == []) is (beyond == 0), "the sandbox"


@pytest.mark.parametrize(
    "block",
    [
        {"type": "markdown", "text": "x"},
        {"type": "section"},
        {"type": "section", "text": {"type": "mrkdwn", "text": " "}},
        {"type": "section", "fields": []},
        {"type": "header", "text": {"type": "mrkdwn", "text": "x"}},
        {"type": "context", "elements": []},
        {"type": "rich_text", "elements": []},
        sentence(run("")),
        table(["a", "b"], [["x"]], [False, False]),
        table(["a"], [[""]], [False]),
        actions("b", button("x", "a", "1"), button("y", "a", "2")),
        actions("b", select("x", "a", [])),
        actions("b", button("x", "", "1")),
        actions("b" * 256, button("x", "a", "1")),
        {"type": "actions", "elements": [{"type": "datepicker", "action_id": "a"}]},
        section("<!channel> look"),
        section("<@U123> look"),
        section("<https://evil.example|Open in CRM>"),
        section("<!subteam^S1>"),
        section("unclosed <!here"),
        context("<!date^1^{time}^https://evil.example|12:00>"),
    ],
    ids=str,
)
def test_what_must_not_be_sent(block: Json) -> None:
    assert not accepted(block)


def test_what_only_the_whole_message_shows() -> None:
    assert not accepted(table(["a"], [], [False]), table(["b"], [], [False])), "one table"
    assert not accepted(actions("b", button("x", "a", "1")), actions("b", button("x", "a", "1"))), "block ids"
    assert not accepted(*[section("x" * 3000)] * 5), "characters in all"
    assert not accepted(section("x"), text=""), "a message has a text"
    assert check({"blocks": [table(["a"], [], [False])]}, Surface.HOME) != [], "no table on App Home"
    assert check({"blocks": [section("x")] * 101}, Surface.HOME) != []
    assert accepted(section("<!date^1700000000^{date_short_pretty} {time}|14 Nov 22:13 UTC>"))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200), st.integers(2, 20))
def test_split_loses_nothing_but_space(text: str, most: int) -> None:
    pieces = split(text, most)
    assert all(0 < len(piece) <= most for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_a_plain_section_interprets_nothing() -> None:
    assert accepted(plain_section("<!channel> *x*"))
