"""No value makes a mention, link or command of its own: every builder, each field, judged on the JSON."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.slack.views.limits import Surface, check
from sandbox.slack.blocks import MESSAGE, check_blocks
from tests.support.hostile_views import Sent, builders, every_option, everything, noted_calls
from tests.support.injection import LARGE, PAYLOADS, problems, random_value

SEEDED = 30
CHECKOUT = Path(__file__).resolve().parents[2]
CASES = Path(os.environ.get("SLACK_SPECS", CHECKOUT.parent / "shared/oas/slack")) / "block-kit"
beside_the_checkout = pytest.mark.skipif(
    not CASES.is_dir(),
    reason="Slack's block-kit cases are not beside the checkout (set SLACK_SPECS to their parent folder)",
)


def wrong(value: str, *, many: int = 2) -> list[str]:
    return [problem for sent in everything(value, many=many) for problem in problems(sent, value)]


def test_the_known_payloads_do_nothing_anywhere() -> None:
    assert len(set(PAYLOADS)) >= 60
    found = {ascii(value[:30]): said for value in PAYLOADS if (said := wrong(value))}
    assert found == {}
    large = {value[:10]: said for value in LARGE if (said := wrong(value, many=150))}
    assert large == {}


def test_seeded_values_do_nothing_anywhere() -> None:
    chance = random.Random(6)
    values = [random_value(chance) for _ in range(SEEDED)]
    found = {ascii(value): said for value in values if (said := wrong(value))}
    assert found == {}


def test_every_builder_is_among_those_that_are_tried() -> None:
    with noted_calls() as called:
        list(everything("x"))
        every_option("x")
    missing = {name for name, code in builders().items() if code not in called}
    assert missing == set(), "add these to tests.support.hostile_views"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("<!channel>", {"type": "mrkdwn", "text": "<!channel>", "verbatim": True}),
        ("<x|y>", {"type": "mrkdwn", "text": "a <x|y>", "verbatim": True}),
        ("#general", {"type": "mrkdwn", "text": "#general"}),
        ("u", {"type": "rich_text_section", "elements": [{"type": "user", "user_id": "U1"}]}),
        ("https://a.example", {"type": "button", "url": "https://b.example"}),
        (":x:", {"type": "plain_text", "text": ":x:"}),
        ("\u202e", {"type": "text", "text": "\u202eabc"}),
    ],
)
def test_the_judge_sees_what_is_active(text: str, part: dict[str, Any]) -> None:
    sent = Sent({"text": "t", "blocks": [{"type": "section", "text": part}]}, Surface.MESSAGE)
    assert [one for one in problems(sent, text) if one.startswith("/blocks/0/text")] != []


# A constraint of Slack's, by the block or element that the product builds and how it is made that long.
def _section(text: str = "x", **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}, **more}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def _actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def _button(**values: Any) -> dict[str, Any]:
    return {"type": "button", "text": _plain("x"), "action_id": "a", "value": "v"} | values


def _select(**values: Any) -> dict[str, Any]:
    return {
        "type": "static_select",
        "action_id": "a",
        "placeholder": _plain("x"),
        "options": _options(1),
    } | values


def _options(count: int) -> list[dict[str, Any]]:
    return [{"text": _plain("x"), "value": str(number)} for number in range(count)]


BUILT: dict[str, Callable[[int], dict[str, Any]]] = {
    "text-too-long": lambda most: _section("x" * most),
    "button-action-id-too-long": lambda most: _actions(_button(action_id="a" * most)),
    "button-text-too-long": lambda most: _actions(_button(text=_plain("x" * most))),
    "button-url-too-long": lambda most: _actions(_button(url="https://x.example/".ljust(most, "y"))),
    "button-value-too-long": lambda most: _actions(_button(value="v" * most)),
    "option-text-too-long": lambda most: _actions(
        _select(options=[{"text": _plain("x" * most), "value": "1"}])
    ),
    "option-value-too-long": lambda most: _actions(
        _select(options=[{"text": _plain("x"), "value": "1" * most}])
    ),
    "select-placeholder-too-long": lambda most: _actions(_select(placeholder=_plain("x" * most))),
    "select-too-many-options": lambda most: _actions(_select(options=_options(most))),
    "overflow-too-many-options": lambda most: _actions(
        {"type": "overflow", "action_id": "a", "options": _options(most)}
    ),
    "actions-too-many-elements": lambda most: _actions(
        *(_button(action_id=f"a{one}") for one in range(most))
    ),
    "context-too-many-elements": lambda most: {
        "type": "context",
        "elements": [_section()["text"]] * most,
    },
    "header-text-too-long": lambda most: {"type": "header", "text": _plain("x" * most)},
    "section-text-too-long": lambda most: _section("x" * most),
    "section-too-many-fields": lambda most: _section(fields=[_section()["text"]] * most),
    "section-field-too-long": lambda most: _section(fields=[_section("x" * most)["text"]]),
    "block-id-too-long": lambda most: _section(block_id="b" * most),
}


@beside_the_checkout
def test_slacks_own_limits_are_ours() -> None:
    limits = json.loads((CASES / "limits.json").read_text())
    cases = {
        one["id"]: one["constraint"]
        for one in json.loads((CASES / "fixtures-invalid-manifest.json").read_text())["cases"]
    }
    for name, build in BUILT.items():
        most = limits
        for step in cases[name].removesuffix(".item_max_length").split("."):
            most = most[step]
        if isinstance(most, dict):
            most = most["item_max_length"]
        for size, taken in ((most, True), (most + 1, False)):
            blocks = [build(size)]
            assert (check({"text": "t", "blocks": blocks}, Surface.MESSAGE) == []) is taken, (name, size)
            assert (check_blocks(json.loads(json.dumps(blocks)), MESSAGE) == []) is taken, (
                name,
                size,
                "sandbox",
            )


@beside_the_checkout
def test_slacks_valid_cases_of_what_we_build_are_taken() -> None:
    ours = {"section", "header", "divider", "context", "actions", "rich_text", "table", "input"}
    tried: Counter[str] = Counter()
    for file in sorted((CASES / "fixtures-valid/blocks").glob("*.json")):
        block = json.loads(file.read_text())
        blocks = block if isinstance(block, list) else block.get("blocks", [block])
        if not {one.get("type") for one in blocks} <= ours:
            continue
        assert check_blocks(blocks, MESSAGE) == [] or file.stem.startswith("input"), file.stem
        tried[blocks[0]["type"]] += 1
    assert tried["section"] >= 4
    assert {"header", "context", "table", "rich_text"} <= set(tried)
