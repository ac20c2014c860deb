"""A foreign value is shown as it is written, on one line; only safe addresses are offered."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.slack.views.alert import alert_message
from bot.slack.views.answer import answer_message
from bot.slack.views.drawing import Drawing
from bot.slack.views.text import mrkdwn, plain, web_address
from sandbox.demo.transcript import message_text, mrkdwn_text, view_text
from tests.support.fake_services import NOW, account, card, card_answer, list_answer, notice
from tests.support.hostile_views import home_of


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
