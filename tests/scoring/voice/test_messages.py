"""Messages to read sentences."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from scoring.voice.competitors import Matcher
from scoring.voice.messages import COLUMNS, read_messages
from scoring.voice.reader import Reader

MATCHER = Matcher([("HubSpot", ())])


def messages(*rows: dict[str, Any]) -> pd.DataFrame:
    plain = {"account": "a", "day": date(2026, 5, 1), "source": "email"}
    return pd.DataFrame([{"message": str(at), **plain, **row} for at, row in enumerate(rows)])


def test_each_sentence_has_a_row(reader: Reader) -> None:
    frame = messages(
        {"text": "Hi,\n\nYour support is terrible. HubSpot is cheaper, HubSpot is faster.\n\nRegards\nJoe"},
        {"text": "Please send us a quote for ten seats."},
    )
    read = read_messages(frame, reader, MATCHER)
    assert tuple(read) == COLUMNS
    assert read["message"].tolist() == ["0", "0", "1"]
    assert read["place"].tolist() == [0, 1, 0]
    assert read["intent"].tolist()[0] == "complaint"
    assert read["intent"].tolist()[2] == "purchase"
    assert read["sentiment"].tolist()[0] == "negative"
    assert read["competitors"].tolist() == [(), ("HubSpot", "HubSpot"), ()]


def test_machines_empty_messages_and_missing_texts_have_no_row(reader: Reader) -> None:
    frame = messages(
        {"text": "I am out of the office.", "subject": "Automatic reply: Offer"},
        {"text": "Please call me.", "headers": {"Auto-Submitted": "auto-generated"}},
        {"text": "> only a quote"},
        {"text": None},
        {"text": float("nan")},
        {"text": ""},
    )
    assert read_messages(frame, reader, MATCHER).empty


def test_what_the_source_states_is_the_sentiment_of_every_sentence(reader: Reader) -> None:
    frame = messages(
        {"text": "The meeting was on Tuesday. It took an hour.", "stated": "negative", "source": "survey"},
        {"text": "", "stated": "positive", "source": "survey"},
        {"text": "We had a meeting.", "stated": None},
    )
    read = read_messages(frame, reader, MATCHER)
    assert read["sentiment"].tolist()[:3] == ["negative", "negative", "positive"]
    assert read["sentiment_origin"].tolist()[:3] == ["stated"] * 3
    assert (read["sentence"].tolist()[2], read["intent"].tolist()[2]) == ("", "unsure")
    assert read["sentiment_origin"].tolist()[3] != "stated"


def test_a_sentiment_that_is_none_is_refused(reader: Reader) -> None:
    with pytest.raises(ValueError, match="great is no sentiment"):
        read_messages(messages({"text": "Fine.", "stated": "great"}), reader, MATCHER)


def test_a_missing_column_is_named(reader: Reader) -> None:
    with pytest.raises(ValueError, match="Messages need a column source"):
        read_messages(messages({"text": "Fine."}).drop(columns="source"), reader, MATCHER)


def test_a_repeated_message_is_read_once(reader: Reader) -> None:
    frame = messages({"text": "Fine."})
    assert len(read_messages(pd.concat([frame, frame]), reader, MATCHER)) == 1


def test_no_messages_are_no_sentences(reader: Reader) -> None:
    read = read_messages(messages({"text": "Fine."}).iloc[:0], reader, MATCHER)
    assert read.empty
    assert tuple(read) == COLUMNS
