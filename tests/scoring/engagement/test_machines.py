"""What machines do counts for nothing: answering machines, mail gateways, link scanners."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from scoring.engagement.config import Automation, EngagementSegmentation
from scoring.engagement.events import automatic
from scoring.engagement.scores import score
from tests.support.engagement_cases import TODAY

SENT_AT = datetime(2026, 11, 20, 9, 0, 0)  # noqa: DTZ001 -- the organisation's clock
Row = dict[str, Any]


def row(event: str, after_seconds: int = 600, **more: Any) -> Row:
    plain = {
        "account_id": "a",
        "contact": "p",
        "event_type": event,
        "occurred_at": SENT_AT + timedelta(seconds=after_seconds),
        "quality": "exact",
        "object_key": "mail-1",
        "text": None,
        "email": None,
    }
    return plain | more


def by_machines(*rows: Row) -> list[bool]:
    return [bool(one) for one in automatic(pd.DataFrame(list(rows)), Automation())]


@pytest.mark.parametrize(
    ("text", "machine"),
    [
        ("Automatic reply: Your offer", True),
        ("  OUT OF OFFICE until Monday", True),
        ("Abwesenheitsnotiz: Angebot", True),
        ("Undeliverable: Your offer", True),
        ("Our automatic reply system is broken", False),
        ("Re: your offer", False),
        (None, False),
    ],
)
def test_answering_machines_are_known_by_their_words(text: str | None, machine: bool) -> None:
    assert by_machines(row("email_received", text=text)) == [machine]
    assert by_machines(row("email_sent", text=text)) == [False]


@pytest.mark.parametrize(
    ("address", "machine"),
    [
        ("MAILER-DAEMON@acme.com", True),
        ("no-reply@acme.com", True),
        ("noreplyson@acme.com", True),
        ("norbert@acme.com", False),
        ("bounce-5512", False),
        (None, False),
    ],
)
def test_machines_are_known_by_their_addresses(address: str | None, machine: bool) -> None:
    assert by_machines(row("email_received", email=address)) == [machine]
    assert by_machines(row("email_received", contact=address)) == [machine]


def test_an_opening_right_after_the_sending_is_a_gateways() -> None:
    sent = row("email_sent", 0)
    assert by_machines(sent, row("email_opened", 3), row("email_clicked", 60)) == [False, True, False]
    assert by_machines(sent, row("email_opened", 3, object_key="mail-2"))[1] is False
    assert by_machines(sent, row("email_opened", -3))[1] is False
    assert by_machines(row("email_opened", 3)) == [False]
    assert by_machines(sent, row("email_opened", 0, quality="sent_time"))[1] is False


def test_openings_of_one_minute_count_once_and_the_gateways_is_not_that_one() -> None:
    scanner = [row("email_clicked", 600 + second) for second in (1, 2, 3)]
    assert sum(by_machines(*scanner)) == 2
    rows = [row("email_sent", 0), row("email_opened", 2), row("email_opened", 40)]
    assert by_machines(*rows) == [False, True, False]
    assert by_machines(*reversed(rows)) == [False, True, False]
    assert by_machines(row("call_made"), row("call_made")) == [False, False]


def test_openings_of_two_mailings_sent_at_the_same_instant_are_two() -> None:
    mailing = [row("mailing_opened", object_key=key, quality="sent_time") for key in ("m1", "m2", "m2")]
    assert by_machines(*mailing) == [False, False, True]
    without = pd.DataFrame(mailing).drop(columns="object_key")
    assert automatic(without, Automation()).tolist() == [False, False, False]


def test_the_row_that_stands_for_most_openings_stays() -> None:
    rows = [row("email_opened", 600, count=1), row("email_opened", 610, count=4)]
    assert by_machines(*rows) == [True, False]
    assert by_machines(*reversed(rows)) == [False, True]


def test_what_is_known_to_be_automatic_stays_so() -> None:
    assert by_machines(row("call_made", automatic=True), row("call_made", automatic=None)) == [True, False]


@pytest.mark.parametrize("dtype", [object, "str", "string", "category"])
def test_any_kind_of_text_column_will_do(dtype: Any) -> None:
    rows = pd.DataFrame(
        [
            row("email_sent", 0),
            row("email_opened", 3),
            row("email_opened", 90),
            row("email_opened", 95),
            row("email_received", 99, text="Auto: away"),
            row("email_received", 120, email="no-reply@acme.com", object_key=None),
        ]
    )
    texts = ["account_id", "contact", "event_type", "quality", "object_key", "text", "email"]
    rows[texts] = rows[texts].astype(dtype)
    assert automatic(rows, Automation()).tolist() == [False, True, False, True, True, True]


def test_machines_give_no_points() -> None:
    rows = pd.DataFrame([row("email_received", text="Auto: away"), row("email_received", 900)])
    result = score(rows, ["a"], EngagementSegmentation(name="E", scale=10), TODAY)
    assert result.left_out["automatic"] == 1
    assert result.frame["events"].tolist() == [1]
    assert automatic(rows.iloc[:0], Automation()).tolist() == []
