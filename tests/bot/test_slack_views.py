"""What messages say: read as text, as a person would read them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.app.answers import AccountCard, Group
from bot.app.wording import ago, day, money
from bot.language.question import Kind, NotUnderstood, Reading, UnknownWord
from bot.slack.views.alert import alert_message, summary_message, text_message
from bot.slack.views.answer import answer_message
from bot.slack.views.blocks import Message
from bot.slack.views.drawing import Drawing
from bot.slack.views.limits import Surface, check
from bot.slack.views.marks import label_marks
from bot.slack.views.not_understood import not_understood_message
from bot.slack.views.text import data_age, split
from sandbox.demo.transcript import message_text, mrkdwn_text
from tests.support.fake_services import (
    LABELS,
    NOW,
    account,
    breakdown_answer,
    card,
    card_answer,
    list_answer,
    notice,
)
from tests.support.slack_requests import buttons

DRAWING = Drawing(NOW, label_marks(LABELS), asker="UDARCEL")


def read(message: Message) -> list[str]:
    assert check(message.payload(), Surface.MESSAGE) == []
    return message_text(message.payload()).split("\n")


@pytest.mark.parametrize(
    ("minor", "written"),
    [
        (None, "-"),
        (0, "$0"),
        (95_000, "$950"),
        (99_949, "$999"),
        (99_999, "$1k"),
        (5_340_000, "$53.4k"),
        (99_994_000, "$999.9k"),
        (99_999_999, "$1M"),
        (123_000_000_00, "$123M"),
        (4_500_000_000_00, "$4.5B"),
        (-5_340_000, "-$53.4k"),
    ],
)
def test_money_is_short(minor: int | None, written: str) -> None:
    assert money(minor, "USD") == written


def test_money_of_other_currencies() -> None:
    assert [money(12_300, one) for one in ("EUR", "CHF", "<!x>", "")] == ["€123", "CHF 123", "123", "123"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (7_300, "2 hours ago"),
        (260_000, "3 days ago"),
    ],
)
def test_ages(seconds: float, said: str) -> None:
    assert ago(seconds) == said


def test_old_data_is_said_to_be_old() -> None:
    assert mrkdwn_text(data_age(NOW - timedelta(minutes=2), NOW)) == "data from 24 Nov 12:01 UTC"
    assert data_age(NOW - timedelta(days=3), NOW).startswith("⚠ data is from 3 days ago: ")
    assert "not complete" in data_age(None, NOW)
    assert day(date(2026, 3, 5)) == "5 Mar 2026"


@pytest.mark.parametrize(
    ("labels", "marks"),
    [
        (("A",), "🟢"),
        (("A", "B"), "🟢🔴"),
        (("A", "B", "C"), "🟢🟡🔴"),
        (("A", "B", "C", "D", "E", "F", "G", "H"), "🟢🟢🟢🟡🟡🔴🔴🔴"),
    ],
)
def test_labels_are_coloured_from_best_to_worst(labels: tuple[str, ...], marks: str) -> None:
    assert "".join(label_marks(labels).values()) == marks


def test_a_list_that_finds_nothing_says_so() -> None:
    lines = read(answer_message(list_answer(), DRAWING))
    assert lines[0] == "No account meets this. · show VIP accounts in healthcare"
    assert lines[1].startswith("(Read as `label = VIP and industry = medical`")


def test_a_long_list_is_cut_to_what_a_message_holds_and_can_be_turned() -> None:
    long = list_answer(*(account("A name of some length " * 4, one) for one in range(200)))
    message = answer_message(long, DRAWING)
    rows = sum(line.startswith("A name") for line in read(message))
    assert 50 < rows < 100
    assert f"{rows} of 200" in read(message)[-1]
    pressed = buttons(message.payload())
    turn = next(one for said, one in pressed.items() if said.startswith("Next"))
    assert turn["value"] == f'{{"q":"show VIP accounts in healthcare","offset":{rows}}}'


def test_a_question_too_long_for_a_button_has_none() -> None:
    answer = list_answer(account("Konex"), question="x" * 1_990, total=30)
    assert buttons(answer_message(answer, DRAWING).payload()) == {}


def test_counts() -> None:
    answer = list_answer(total=1, kind=Kind.COUNT, accounts=())
    assert read(answer_message(answer, DRAWING))[0].startswith("1 account · ")
    lines = read(answer_message(breakdown_answer(Group("medical", 3), Group(None, 1)), DRAWING))
    assert lines[3:5] == ["medical          3    75%", "none             1    25%"]


def test_a_card_of_which_little_is_known() -> None:
    bare: AccountCard = card(
        label_since=None,
        last_change=None,
        why=(),
        contacts=(),
        open_deals=0,
        last_deal_name=None,
        website=None,
        crm_url=None,
        line=account("Konex", label=None, r=None, f=None, m=None, total=None, owner=None, last_purchase=None),
    )
    lines = read(answer_message(card_answer(bare), DRAWING))
    assert lines[:3] == ["Konex  ⚪ no label", "Scores: not scored", "Owner: -"]
    assert "Last purchase: -" in lines
    assert "Open deals: 0" in lines
    assert "not in the local copy" in read(answer_message(card_answer(None), DRAWING))[0]


def test_every_unknown_word_has_its_own_readings() -> None:
    words = (
        UnknownWord("frob", 5, (Reading("show VIP", "VIP"), Reading("show Lost", "Lost"))),
        UnknownWord("nicate", 9),
    )
    lines = read(
        not_understood_message("show frob nicate", NotUnderstood(words, "Two words are unknown."), DRAWING)
    )
    assert lines[:4] == [
        "Two words are unknown.",
        "frob: did you mean …",
        "[VIP] [Lost]",
        "nicate: nothing here is called anything like it.",
    ]


def test_without_any_reading_there_is_help() -> None:
    message = not_understood_message("?", NotUnderstood((), "That is no question."), DRAWING)
    assert buttons(message.payload())["Show what I understand"]["value"] == "help"


def test_an_ambiguity_is_asked_back() -> None:
    both = (
        Reading("accounts of Anna Snelling", "Anna Snelling"),
        Reading("accounts of Anna Berg", "Anna Berg"),
    )
    message = not_understood_message("accounts of Anna", NotUnderstood((), "Which Anna?", both), DRAWING)
    assert list(buttons(message.payload())) == ["Anna Snelling", "Anna Berg"]


def test_the_notification_says_the_essential() -> None:
    said = [
        answer_message(list_answer(account("Konex"), account("Bioplex")), DRAWING),
        answer_message(card_answer(card()), DRAWING),
        alert_message(notice()),
        alert_message(notice(direction="better", old_label=None, new_label="VIP")),
        alert_message(notice(state="acknowledged", acted_by="Anna", acted_at=NOW)),
    ]
    assert [mrkdwn_text(one.text) for one in said] == [
        "2 accounts: Konex, Bioplex · show VIP accounts in healthcare",
        "Konex: At Risk, spent $123.5k, owner Darcel Schlecht",
        "🔴 Konex VIP → At Risk. $123.5k at stake, owner Darcel Schlecht.",
        "🟢 Konex no label → VIP. $123.5k spent, owner Darcel Schlecht.",
        "🔴 Konex VIP → At Risk. $123.5k at stake, owner Darcel Schlecht. Acknowledged by Anna.",
    ]


FIRST = "[Acknowledge] [Assign] [Snooze… 1 day | 7 days | 30 days] [Explain]"
MORE = "[ Create task in CRM | Add a note in CRM | Not at risk…]"


def test_an_alert_is_read_in_five_seconds() -> None:
    assert read(alert_message(notice())) == [
        "🔴 Konex VIP → At Risk",
        "• Last purchase 5 Nov 2026, 120 days ago.",
        "• Recency fell from 5 to 1.",
        "At stake: $123.5k",
        "Owner: Darcel Schlecht",
        "Last purchase: 5 Nov 2026",
        "Next step: Call before the quarter ends.",
        f"{FIRST} [Open in CRM -> https://crm.example/accounts/1] {MORE}",
        "(Purchase behaviour · changed 24 Nov 12:01 UTC)",
    ]


def test_an_alert_without_an_address_or_a_step() -> None:
    bare = notice(crm_url=None, next_step="", state="snoozed", acted_by="Anna", acted_at=NOW, reasons=())
    assert read(alert_message(bare))[-3:] == [
        "(💤 Snoozed by Anna · 12:03 UTC)",
        f"[Acknowledge] [Assign] [Explain] {MORE}",
        "(Purchase behaviour · changed 24 Nov 12:01 UTC)",
    ]
    until = datetime(2026, 12, 1, tzinfo=UTC)
    assert "💤 Snoozed until 1 Dec 2026 by Anna" in "".join(
        read(alert_message(notice(state="snoozed", acted_by="Anna", snoozed_until=until)))
    )


def test_a_summary_names_what_it_leaves_out() -> None:
    rows = [{"name": f"A{one}", "old": None, "new": "VIP", "money_minor": 100} for one in range(150)]
    lines = read(summary_message({"title": "Many", "lines": rows, "total": 200, "currency": "USD"}))
    assert lines[-1] == "(… and 101 more; ask me for them by label.)"
    assert read(summary_message({"title": "None", "lines": [], "total": 0, "currency": "USD"})) == ["None"]


def test_a_long_notice_is_split_at_words() -> None:
    text = "word " * 1_500
    lines = read(text_message(text))
    assert len(lines) == 1, "one line of a notice has a limit"
    assert read(text_message("one\n\ntwo <three>")) == ["one", "", "two <three>"]
    assert split("aaa bbb ccc", 7) == ["aaa bbb", "ccc"]
