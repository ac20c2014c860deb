"""A conversation as text: it reads like a chat, and shows what pings and links as such."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.demo.transcript import message_text, mrkdwn_text, transcript, view_text

NAMES = {"UDARCEL": "Darcel"}


@pytest.mark.parametrize(
    ("mrkdwn", "text"),
    [
        ("a &lt;!channel&gt; &amp;lt; b", "a <!channel> &lt; b"),
        ("<!channel> <!subteam^S1|team>", "@channel team"),
        ("<@UDARCEL> <@UOTHER> <@UX|x>", "@Darcel @UOTHER @x"),
        ("<#CSALES|sales> <#CX>", "#sales #CX"),
        ("<https://a.example|Open> <https://b.example>", "Open (https://a.example) https://b.example"),
        ("<!date^1^{time}|12:03 UTC>", "12:03 UTC"),
        ("*bold* and _it_ and ~gone~, 2*3*4 snake_case_name", "bold and it and gone, 2*3*4 snake_case_name"),
        ("\u200b*\u200bplain\u200b*\u200b", "*plain*"),
    ],
)
def test_mrkdwn(mrkdwn: str, text: str) -> None:
    assert mrkdwn_text(mrkdwn, NAMES) == text


def test_a_conversation_reads_like_a_chat() -> None:
    table: dict[str, Any] = {
        "type": "table",
        "column_settings": [{"align": "left"}, {"align": "right"}],
        "rows": [
            [{"type": "raw_text", "text": "Account"}, {"type": "raw_text", "text": "Spend"}],
            [{"type": "raw_text", "text": "Konex"}, {"type": "raw_text", "text": "$1M"}],
            [{"type": "raw_text", "text": "🟢 Xx"}, {"type": "raw_text", "text": "$12.5k"}],
        ],
    }
    actions = {
        "type": "actions",
        "elements": [
            {"type": "button", "text": {"type": "plain_text", "text": "Next 10"}},
            {"type": "button", "text": {"type": "plain_text", "text": "Open"}, "url": "https://x.example"},
            {
                "type": "static_select",
                "placeholder": {"type": "plain_text", "text": "Snooze…"},
                "options": [{"text": {"type": "plain_text", "text": "1 day"}, "value": "1"}],
            },
        ],
    }
    messages: list[dict[str, Any]] = [
        {"ts": "1", "user": "UDARCEL", "username": "Darcel", "text": "<@UB> show &lt;VIP&gt;"},
        {
            "ts": "2",
            "thread_ts": "1",
            "user": "UB",
            "username": "Bellwether",
            "text": "ignored",
            "edited": True,
            "ephemeral_for": "UDARCEL",
            "blocks": [
                {"type": "section", "text": {"type": "mrkdwn", "text": "*2 accounts*"}},
                table,
                actions,
                {"type": "context", "elements": [{"type": "mrkdwn", "text": "2 of 2"}]},
                {"type": "canvas"},
            ],
        },
    ]
    assert transcript(messages) == (
        "Darcel: @Bellwether show <VIP>\n"
        "    Bellwether: (only you) (edited) 2 accounts\n"
        "        Account   Spend\n"
        "        -------  ------\n"
        "        Konex       $1M\n"
        "        🟢 Xx    $12.5k\n"
        "        [Next 10] [Open -> https://x.example] [Snooze… 1 day]\n"
        "        (2 of 2)\n"
        "        [canvas]"
    )


def test_rich_text_and_views() -> None:
    rich = {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "text", "text": "Hello ", "style": {"bold": True}},
                    {"type": "user", "user_id": "UDARCEL"},
                    {"type": "text", "text": " "},
                    {"type": "broadcast", "range": "here"},
                    {"type": "link", "url": "https://x.example", "text": "x"},
                    {"type": "emoji", "name": "wave"},
                ],
            },
            {
                "type": "rich_text_list",
                "style": "ordered",
                "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "first"}]}],
            },
        ],
    }
    fields = [{"type": "mrkdwn", "text": "*Owner*\nAnna\nB"}, {"type": "plain_text", "text": "alone"}]
    blocks = [{"type": "header", "text": {"type": "plain_text", "text": "Top"}}, {"type": "divider"}, rich]
    shown = view_text({"blocks": [*blocks, {"type": "section", "fields": fields}]}, NAMES)
    assert shown == (
        "== Top ==\n---\nHello @Darcel @herex (https://x.example):wave:\n1. first\nOwner: Anna, B\nalone"
    )
    assert view_text(None) == ""
    assert message_text({"text": "two\nlines"}) == "two\nlines"
