"""Block Kit's rules, held against somebody else's idea of them and against arbitrary JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
import slackblocks
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.slack.blocks import HOME, MESSAGE, MODAL, check_blocks, check_view


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def section(**parts: Any) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn("x")} | parts


def button(**parts: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": "a", "text": plain("Go")} | parts


def actions(*elements: Any) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def options(count: int, text: str = "o") -> list[dict[str, Any]]:
    return [{"text": plain(text), "value": str(number)} for number in range(count)]


def select(**parts: Any) -> dict[str, Any]:
    return {"type": "static_select", "action_id": "s"} | parts


def table(rows: int, columns: int, text: str = "x") -> dict[str, Any]:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": text}] * columns] * rows}


def entry(element: dict[str, Any]) -> dict[str, Any]:
    return {"type": "input", "label": plain("L"), "element": element}


CONFIRM = {"title": plain("T"), "text": plain("x"), "confirm": plain("Y"), "deny": plain("N")}
AT_THE_LIMIT: dict[str, dict[str, Any]] = {
    "section text": section(text=mrkdwn("x" * 3000)),
    "fields": section(fields=[mrkdwn("x" * 2000)] * 10),
    "header": {"type": "header", "text": plain("x" * 150)},
    "button text": actions(button(text=plain("x" * 75))),
    "button value": actions(button(value="x" * 2000)),
    "actions": actions(*(button(action_id=str(number)) for number in range(25))),
    "context": {"type": "context", "elements": [mrkdwn("x")] * 10},
    "options": actions(select(options=options(100))),
    "option text": actions(select(options=options(2, "x" * 75))),
    "overflow": actions({"type": "overflow", "action_id": "o", "options": options(5)}),
    "checkboxes": actions({"type": "checkboxes", "action_id": "c", "options": options(10)}),
    "confirm": actions(button(confirm=CONFIRM | {"title": plain("x" * 100)})),
    "table": table(100, 20),
    "markdown": {"type": "markdown", "text": "x" * 12_000},
    "block_id": section(block_id="x" * 255),
}
OVER_THE_LIMIT: dict[str, tuple[dict[str, Any], str]] = {
    "section text": (section(text=mrkdwn("x" * 3001)), "/blocks/0/text/text"),
    "section empty text": (section(text=mrkdwn("")), "/blocks/0/text/text"),
    "section without content": ({"type": "section"}, "/blocks/0"),
    "field": (section(fields=[mrkdwn("x" * 2001)]), "/blocks/0/fields/0/text"),
    "fields": (section(fields=[mrkdwn("x")] * 11), "/blocks/0/fields"),
    "header": ({"type": "header", "text": plain("x" * 151)}, "/blocks/0/text/text"),
    "header in mrkdwn": ({"type": "header", "text": mrkdwn("x")}, "/blocks/0/text/type"),
    "button text": (actions(button(text=plain("x" * 76))), "/blocks/0/elements/0/text/text"),
    "button text in mrkdwn": (actions(button(text=mrkdwn("x"))), "/blocks/0/elements/0/text/type"),
    "button value": (actions(button(value="x" * 2001)), "/blocks/0/elements/0/value"),
    "button style": (actions(button(style="green")), "/blocks/0/elements/0/style"),
    "action_id": (actions(button(action_id="x" * 256)), "/blocks/0/elements/0/action_id"),
    "repeated action_id": (actions(button(), button()), "/blocks/0/elements/1/action_id"),
    "actions": (actions(*(button(action_id=str(n)) for n in range(26))), "/blocks/0/elements"),
    "context": ({"type": "context", "elements": [mrkdwn("x")] * 11}, "/blocks/0/elements"),
    "context with a button": ({"type": "context", "elements": [button()]}, "/blocks/0/elements/0/type"),
    "options": (actions(select(options=options(101))), "/blocks/0/elements/0/options"),
    "no options": (actions(select(options=[])), "/blocks/0/elements/0/options"),
    "options and groups": (actions(select(options=options(1), option_groups=[])), "/blocks/0/elements/0"),
    "initial option": (
        actions(select(options=options(1), initial_option=options(2)[1])),
        "/blocks/0/elements/0/initial_option",
    ),
    "option text": (
        actions(select(options=options(1, "x" * 76))),
        "/blocks/0/elements/0/options/0/text/text",
    ),
    "repeated value": (actions(select(options=options(1) * 2)), "/blocks/0/elements/0/options/1/value"),
    "overflow": (
        actions({"type": "overflow", "action_id": "o", "options": options(6)}),
        "/blocks/0/elements/0/options",
    ),
    "checkboxes": (
        actions({"type": "checkboxes", "action_id": "c", "options": options(11)}),
        "/blocks/0/elements/0/options",
    ),
    "confirm": (
        actions(button(confirm=CONFIRM | {"deny": plain("x" * 31)})),
        "/blocks/0/elements/0/confirm/deny/text",
    ),
    "table rows": (table(101, 1), "/blocks/0/rows"),
    "table columns": (table(1, 21), "/blocks/0/rows/0"),
    "empty table cell": (table(1, 1, ""), "/blocks/0/rows/0/0/text"),
    "ragged table": (
        {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * n for n in (1, 2)]},
        "/blocks/0/rows",
    ),
    "markdown": ({"type": "markdown", "text": "x" * 12_001}, "/blocks/0/text"),
    "block_id": (section(block_id="x" * 256), "/blocks/0/block_id"),
    "alert in a message": ({"type": "alert", "text": plain("x")}, "/blocks/0/type"),
    "unknown block": ({"type": "blink"}, "/blocks/0/type"),
    "unknown property": (section(colour="red"), "/blocks/0"),
    "input in mrkdwn": (entry({"type": "plain_text_input"}) | {"label": mrkdwn("L")}, "/blocks/0/label/type"),
    "file input": (entry({"type": "file_input"}), "/blocks/0/element"),
}


@pytest.mark.parametrize("name", AT_THE_LIMIT)
def test_at_the_limit_is_fine(name: str) -> None:
    assert check_blocks([AT_THE_LIMIT[name]], MESSAGE) == []


@pytest.mark.parametrize("name", OVER_THE_LIMIT)
def test_over_the_limit_is_refused_there(name: str) -> None:
    block, pointer = OVER_THE_LIMIT[name]
    assert pointer in {at for at, _ in check_blocks([block], MESSAGE)}


def test_blocks_are_judged_together() -> None:
    assert check_blocks([section()] * 50, MESSAGE) == []
    assert check_blocks([section()] * 51, MESSAGE) == [("/blocks", "no more than 50 items allowed")]
    assert check_blocks([section()] * 100, MODAL) == []
    assert check_blocks([table(1, 1)] * 2, MESSAGE) == [("/blocks", "only_one_table_allowed")]
    twice = [section(block_id="b")] * 2
    assert check_blocks(twice, MESSAGE) == [("/blocks", "block_id `b` already exists")]
    assert check_blocks([{"type": "markdown", "text": "x" * 7000}] * 2, MESSAGE) != []
    assert check_blocks([{"type": "alert", "text": plain("x")}], HOME) != []


def test_a_modal_with_an_input_needs_a_submit() -> None:
    modal = {"type": "modal", "title": plain("T"), "blocks": [entry({"type": "plain_text_input"})]}
    assert [message for _, message in check_view(modal, "modal")] == [
        "missing required field: submit, because there is an input"
    ]
    assert check_view(modal | {"submit": plain("Go")}, "modal") == []
    assert check_view(modal | {"submit": plain("x" * 25)}, "modal") != []
    assert check_view(modal | {"submit": plain("Go"), "private_metadata": "x" * 3001}, "modal") != []
    assert check_view({"type": "home", "blocks": [section()], "title": plain("T")}, "home") != []


def test_what_an_independent_builder_makes_is_accepted() -> None:
    option = slackblocks.Option(slackblocks.Text("A", type_=slackblocks.TextType.PLAINTEXT), "a")
    made = [
        slackblocks.SectionBlock("hello", fields=["a", "b"]),
        slackblocks.HeaderBlock("Header"),
        slackblocks.DividerBlock(),
        slackblocks.ContextBlock([slackblocks.Text("context")]),
        slackblocks.ActionsBlock(
            [
                slackblocks.Button("Go", action_id="go", value="7"),
                slackblocks.StaticSelectMenu("s", options=[option]),
                slackblocks.OverflowMenu("o", [option]),
                slackblocks.DatePicker(action_id="d"),
            ]
        ),
        slackblocks.InputBlock(
            slackblocks.Text("Label", type_=slackblocks.TextType.PLAINTEXT),
            element=slackblocks.PlainTextInput(action_id="p"),
        ),
        slackblocks.ImageBlock("https://pictures.example/a.png", "a picture"),
    ]
    blocks = json.loads(json.dumps([block._resolve() for block in made]))
    assert check_blocks(blocks, MESSAGE) == []


@pytest.mark.parametrize(
    ("build", "ours"),
    [
        (lambda n: slackblocks.SectionBlock("x" * n), lambda n: section(text=mrkdwn("x" * n))),
        (lambda n: slackblocks.HeaderBlock("x" * n), lambda n: {"type": "header", "text": plain("x" * n)}),
        (
            lambda n: slackblocks.ActionsBlock([slackblocks.Button("x", action_id=str(i)) for i in range(n)]),
            lambda n: actions(*(button(action_id=str(i)) for i in range(n))),
        ),
        (
            lambda n: slackblocks.ContextBlock([slackblocks.Text("x")] * n),
            lambda n: {"type": "context", "elements": [mrkdwn("x")] * n},
        ),
        (
            lambda n: slackblocks.Button("x" * n, action_id="a"),
            lambda n: actions(button(text=plain("x" * n))),
        ),
        (
            lambda n: slackblocks.Button("x", action_id="a", value="x" * n),
            lambda n: actions(button(value="x" * n)),
        ),
        (
            lambda n: slackblocks.SectionBlock("x", fields=["y"] * n),
            lambda n: section(fields=[mrkdwn("y")] * n),
        ),
    ],
    ids=["section", "header", "actions", "context", "button text", "button value", "fields"],
)
def test_our_limits_are_those_of_an_independent_library(build: Any, ours: Any) -> None:
    def theirs_allows(size: int) -> bool:
        try:
            build(size)._resolve()
        except slackblocks.InvalidUsageError:
            return False
        return True

    for size in (1, 10, 11, 25, 26, 75, 76, 150, 151, 2000, 2001, 3000, 3001):
        assert (check_blocks([ours(size)], MESSAGE) == []) == theirs_allows(size), size


WORDS = st.sampled_from(
    [
        "section",
        "actions",
        "input",
        "header",
        "table",
        "button",
        "static_select",
        "mrkdwn",
        "plain_text",
        "x",
        "",
    ]
)
KEYS = st.sampled_from(
    [
        *(
            "type",
            "text",
            "elements",
            "element",
            "label",
            "blocks",
            "rows",
            "options",
            "option_groups",
            "fields",
        ),
        *("accessory", "placeholder", "value", "confirm", "initial_option", "title", "submit", "block_id"),
        *("action_id", "column_settings", "max_length", "min_value"),
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 200) | st.floats(allow_nan=False) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=15,
)


@settings(max_examples=50, deadline=None)
@given(blocks=st.lists(JSON, max_size=4), view=st.dictionaries(KEYS, JSON, max_size=5))
def test_anything_at_all_is_judged_and_never_breaks_the_judge(
    blocks: list[Any], view: dict[str, Any]
) -> None:
    for surface in (MESSAGE, MODAL, HOME):
        problems = check_blocks(blocks, surface)
        assert all(at.startswith("/blocks") and message for at, message in problems)
    assert check_view(view, "modal")
