"""Webhooks of Books: the signature of Zoho's own sample, and which records a payload is about."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.feed_ports import Hint
from connector.zoho.books_callbacks import event_id, form_pairs, hints_in, is_signed, payload_of, signature

SECRET = "secretsecret12"
BODY = b'{"created_date":"2019-03-06","event_id":"5675"}'
PAIRS = [("subscription_id", "90343"), ("name", "basic")]


def test_the_sample_of_zohos_documents() -> None:
    written = b'namebasicsubscription_id90343{"created_date":"2019-03-06","event_id":"5675"}'
    expected = hmac.new(SECRET.encode(), written, hashlib.sha256).hexdigest()
    assert signature(SECRET, PAIRS, BODY) == expected
    assert is_signed(SECRET, expected, reversed(PAIRS), BODY)
    assert is_signed(SECRET, expected.upper(), PAIRS, BODY)


@pytest.mark.parametrize("given", ["", "0" * 64, "ü", signature("anothersecret", PAIRS, BODY)])
def test_another_signature_is_wrong(given: str) -> None:
    assert not is_signed(SECRET, given, PAIRS, BODY)


@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=4), st.binary(max_size=40))
@settings(max_examples=50)
def test_what_was_changed_on_the_way_is_noticed(pairs: list[tuple[str, str]], raw: bytes) -> None:
    right = signature(SECRET, pairs, raw)
    assert is_signed(SECRET, right, pairs, raw)
    assert not is_signed(SECRET, right, pairs, raw + b" ")
    assert not is_signed(SECRET, right, [*pairs, ("more", "x")], raw)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"invoice": {"invoice_id": "90300000000", "customer_id": "1"}}, [("invoices", "90300000000")]),
        ({"contact": {"contact_id": 12}}, [("contacts", "12")]),
        ({"invoice_id": "7", "customer_id": "8"}, [("invoices", "7")]),
        ({"customer_id": "8"}, [("contacts", "8")]),
        ({"payment": {"payment_id": "5"}}, [("customerpayments", "5")]),
        ({"event_id": "3", "data": {"subscription": {"subscription_id": "4"}}}, [("subscriptions", "4")]),
        ({"invoice": {"invoice_id": "x"}}, []),
        ({"invoice_id": True}, []),
        ({"invoice_id": "1" * 33}, []),
        ([], []),
        (None, []),
    ],
    ids=str,
)
def test_the_record_that_a_payload_is_about(payload: object, expected: list[tuple[str, str]]) -> None:
    assert list(hints_in(payload)) == [Hint(name, identity, "") for name, identity in expected]


def test_a_form() -> None:
    pairs = form_pairs(b"JSONString=%7B%22invoice%22%3A%7B%22invoice_id%22%3A%2242%22%7D%7D")
    assert hints_in(payload_of(pairs)) == (Hint("invoices", "42", ""),)
    assert hints_in(payload_of(form_pairs(b"invoice_id=42&x="))) == (Hint("invoices", "42", ""),)
    assert payload_of([("JSONString", "{")]) is None


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"event_id": "5675"}, "5675"),
        ({"event_id": 5}, "5"),
        ({"event_id": "a b"}, None),
        ([], None),
        ({}, None),
    ],
    ids=str,
)
def test_an_events_id(payload: Any, expected: str | None) -> None:
    assert event_id(payload) == expected
