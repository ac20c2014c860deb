"""Facts of accounts against a loop that counts them one by one, and what must never make a difference."""

from __future__ import annotations

import math
from collections import Counter
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.criteria.fields import Catalog, Field, FieldType
from scoring.criteria.periods import Today
from scoring.shape import Label
from scoring.voice.catalog import voice_fields
from scoring.voice.config import Competitor, VoiceSegmentation
from scoring.voice.kinds import COUNTED_INTENTS, Trend
from scoring.voice.messages import COLUMNS
from scoring.voice.score import label_voice, score_voice

AS_OF = date(2026, 6, 30)
SEGMENTATION = VoiceSegmentation(
    name="Voice",
    sources=("email", "ticket"),
    window_days=100,
    trend_days=40,
    fewest_messages=2,
    competitors=(Competitor(name="Acme CRM"), Competitor(name="HubSpot")),
)
ACCOUNTS = ["a", "b", "c"]


def readings(rows: list[dict[str, Any]]) -> pd.DataFrame:
    plain = {
        "account": "a",
        "day": AS_OF,
        "source": "email",
        "place": 0,
        "sentence": "The pump is here.",
        "intent": "statement",
        "intent_probability": 0.9,
        "intent_nearest": 0.5,
        "sentiment": "neutral",
        "sentiment_probability": 0.9,
        "sentiment_origin": "learned",
        "competitors": (),
    }
    frame = pd.DataFrame(
        [{"message": str(at), **plain, **row} for at, row in enumerate(rows)], columns=list(COLUMNS)
    )
    frame["competitors"] = frame["competitors"].astype(object)
    return frame


def mail(sentiment: str = "neutral", days: int = 0, **more: Any) -> dict[str, Any]:
    return {"sentiment": sentiment, "day": AS_OF - timedelta(days=days), **more}


def cells(frame: pd.DataFrame, account: str, *columns: str) -> list[Any]:
    """Values of an account, None where there is none."""
    row = frame.loc[[account]].to_dict("records")[0]
    return [None if row[one] is None or row[one] != row[one] else row[one] for one in columns]


def facts(*rows: dict[str, Any], segmentation: VoiceSegmentation = SEGMENTATION) -> pd.DataFrame:
    return score_voice(readings(list(rows)), ACCOUNTS, segmentation, AS_OF).facts


SENTENCE = st.fixed_dictionaries(
    {
        "message": st.sampled_from([f"m{at}" for at in range(8)]),
        "sentiment": st.sampled_from(["positive", "neutral", "negative"]),
        "sentiment_origin": st.sampled_from(["learned", "lexicon"]),
        "intent": st.sampled_from(["complaint", "purchase", "statement", "unsure"]),
        "competitors": st.sampled_from([(), ("HubSpot",), ("HubSpot", "Acme CRM"), ("Other",)]),
    }
)


def _world(sentences: list[dict[str, Any]]) -> pd.DataFrame:
    """Account, day and source belong to the message."""
    rows = []
    for place, one in enumerate(sentences):
        number = int(one["message"][1:])
        rows.append(
            {
                **one,
                "place": place,
                "account": ("a", "b", "z")[number % 3],
                "day": AS_OF - timedelta(days=(-1, 0, 39, 40, 79, 99, 100, 400)[number]),
                "source": ("email", "email", "chat", "ticket")[number % 4],
            }
        )
    return readings(rows)


def _brute(frame: pd.DataFrame, account: str) -> dict[str, Any]:
    kept: dict[str, list[Any]] = {}
    for row in frame.to_dict("records"):
        age = (AS_OF - row["day"]).days
        if row["account"] == account and row["source"] != "chat" and 0 <= age < 100:
            kept.setdefault(row["message"], []).append(row)
    tally: Counter[str] = Counter()
    trend = {"now": 0, "before": 0}
    sign = {"positive": 1, "neutral": 0, "negative": -1}
    for some in kept.values():
        known = [sign[row["sentiment"]] for row in some if row["sentiment_origin"] == "learned"]
        guessed = [sign[row["sentiment"]] for row in some if row["sentiment_origin"] == "lexicon"]
        total = sum(known) if any(known) else sum(guessed)
        tally["positive" if total > 0 else "negative" if total < 0 else "neutral"] += 1
        tally["low"] += not any(known) and any(guessed)
        for intent in {row["intent"] for row in some}:
            tally[intent] += 1
        tally["unsure"] += all(row["intent"] == "unsure" for row in some) - any(
            row["intent"] == "unsure" for row in some
        )
        for row in some:
            tally.update(f"named {name}" for name in row["competitors"])
        age = (AS_OF - some[0]["day"]).days
        if age < 80:
            trend["now" if age < 40 else "before"] += (total > 0) - (total < 0)
    words = {1: "promoter", -1: "detractor", 0: ""}
    now, before = ((one > 0) - (one < 0) for one in trend.values())
    if not now:
        group = None
    elif not before:
        group = f"new {words[now]}"
    else:
        group = f"continued {words[now]}" if now == before else f"{words[before]} to {words[now]}"
    return {"messages": len(kept), "tally": tally, "trend": group}


@given(st.lists(SENTENCE, max_size=24))
@settings(max_examples=80, deadline=None)
def test_facts_equal_a_count_by_hand(sentences: list[dict[str, Any]]) -> None:
    frame = _world(sentences)
    found = score_voice(frame, ACCOUNTS, SEGMENTATION, AS_OF).facts
    for account in ACCOUNTS:
        wanted: dict[str, Any] = _brute(frame, account)
        row: dict[str, Any] = found.loc[[account]].to_dict("records")[0]  # type: ignore[assignment]
        assert row["messages"] == wanted["messages"]
        for kind in ("positive", "neutral", "negative", "complaint", "purchase"):
            assert row[f"{kind}_count"] == wanted["tally"][kind]
            if wanted["messages"] < 2:
                assert math.isnan(row[f"{kind}_share"])
            else:
                assert row[f"{kind}_share"] == pytest.approx(100 * wanted["tally"][kind] / wanted["messages"])
        if wanted["messages"] >= 2:
            assert row["unsure_share"] == pytest.approx(100 * wanted["tally"]["unsure"] / wanted["messages"])
            assert row["low_confidence_share"] == pytest.approx(
                100 * wanted["tally"]["low"] / wanted["messages"]
            )
            assert row["net_sentiment"] == pytest.approx(row["positive_share"] - row["negative_share"])
        assert row["competitor.HubSpot"] == wanted["tally"]["named HubSpot"]
        assert row["competitor_mentions"] == sum(
            wanted["tally"][f"named {one}"] for one in ("HubSpot", "Acme CRM")
        )
        assert (None if pd.isna(row["voice_trend"]) else row["voice_trend"]) == wanted["trend"]


@given(st.lists(SENTENCE, max_size=24), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_rows_makes_no_difference(sentences: list[dict[str, Any]], random: Any) -> None:
    frame = _world(sentences)
    places = list(range(len(frame)))
    random.shuffle(places)
    one = score_voice(frame, ACCOUNTS, SEGMENTATION, AS_OF)
    other = score_voice(frame.iloc[places], ACCOUNTS[::-1], SEGMENTATION, AS_OF)
    pd.testing.assert_frame_equal(one.facts, other.facts.loc[ACCOUNTS])
    assert one.warnings == other.warnings


@given(st.lists(SENTENCE, max_size=16))
@settings(max_examples=30, deadline=None)
def test_an_unrelated_account_changes_nobody_elses_facts(sentences: list[dict[str, Any]]) -> None:
    frame = _world(sentences)
    other = frame.assign(account="new", message=[f"new {one}" for one in frame["message"]])
    alone = score_voice(frame, ACCOUNTS, SEGMENTATION, AS_OF).facts
    joined = score_voice(pd.concat([frame, other]), [*ACCOUNTS, "new"], SEGMENTATION, AS_OF).facts
    # Keywords are those that set an account apart from the others, and so depend on them.
    pd.testing.assert_frame_equal(
        alone.drop(columns="voice_keywords"), joined.loc[ACCOUNTS].drop(columns="voice_keywords")
    )


def test_shares_are_of_all_messages_and_between_0_and_100() -> None:
    found = facts(mail("negative"), mail("negative"), mail("positive"), mail(), mail("negative"))
    assert cells(found, "a", "positive_share", "neutral_share", "negative_share") == [20, 20, 60]


def test_one_angry_mail_is_no_share() -> None:
    found = facts(mail("negative", intent="complaint"))
    assert found.loc["a", "negative_count"] == 1
    assert cells(found, "a", "negative_share") == [None]


def test_as_much_praise_as_blame_is_neutral() -> None:
    both = [
        mail("positive", message="x"),
        mail("negative", message="x", place=1),
        mail("positive", message="y"),
    ]
    found = facts(*both)
    assert cells(found, "a", "messages", "neutral_count", "positive_count") == [2, 1, 1]


def test_the_last_message_is_the_youngest_that_counts() -> None:
    found = facts(
        mail(days=20), mail(days=3), mail(days=-2), mail(days=1, source="chat"), mail(days=5, account="b")
    )
    assert found.loc["a", "last_message"] == pd.Timestamp(AS_OF - timedelta(days=3))
    assert found.loc["b", "last_message"] == pd.Timestamp(AS_OF - timedelta(days=5))
    assert cells(found, "c", "last_message") == [None]


def test_messages_of_the_future_are_left_out_and_told() -> None:
    scores = score_voice(readings([mail(days=-3), mail(days=-9), mail()]), ACCOUNTS, SEGMENTATION, AS_OF)
    assert scores.facts.loc["a", "messages"] == 1
    assert scores.warnings[0] == "2 messages are dated after 2026-06-30 and left out."


@pytest.mark.parametrize(
    ("before", "now", "group"),
    [
        (None, "positive", Trend.NEW_PROMOTER),
        (None, "negative", Trend.NEW_DETRACTOR),
        ("neutral", "negative", Trend.NEW_DETRACTOR),
        ("positive", "negative", Trend.PROMOTER_TO_DETRACTOR),
        ("negative", "positive", Trend.DETRACTOR_TO_PROMOTER),
        ("positive", "positive", Trend.CONTINUED_PROMOTER),
        ("negative", "negative", Trend.CONTINUED_DETRACTOR),
        ("positive", "neutral", None),
        ("positive", None, None),
    ],
)
def test_the_six_groups_of_trend(before: str | None, now: str | None, group: Trend | None) -> None:
    rows = [mail(before, days=40)] if before else []
    rows += [mail(now, days=39)] if now else []
    assert cells(facts(*rows), "a", "voice_trend") == [group]


def test_a_trend_needs_no_longer_window_than_its_own_two_periods() -> None:
    narrow = SEGMENTATION.model_copy(update={"window_days": 10})
    found = facts(mail("negative", days=60), mail("positive", days=5), segmentation=narrow)
    assert cells(found, "a", "messages", "voice_trend") == [1, "detractor to promoter"]


def test_accounts_without_messages_have_facts_of_nothing() -> None:
    found = score_voice(readings([]), ACCOUNTS, SEGMENTATION, AS_OF)
    assert found.facts["messages"].tolist() == [0, 0, 0]
    assert found.facts["negative_share"].isna().all()
    assert found.facts["voice_keywords"].tolist() == [()] * 3
    assert score_voice(readings([mail()]), [], SEGMENTATION, AS_OF).facts.empty


def test_every_field_of_the_catalogue_is_a_column() -> None:
    wanted = [field.name for field in voice_fields(["Acme CRM", "HubSpot"])]
    assert sorted(facts(mail()).columns) == sorted(wanted)


def test_little_and_odd_data_are_told() -> None:
    unsure = [mail("negative", intent="unsure", sentiment_origin="lexicon") for _ in range(3)]
    told = " ".join(
        score_voice(readings([*unsure, mail(account="b")]), ACCOUNTS, SEGMENTATION, AS_OF).warnings
    )
    for part in (
        "Only 4 messages",
        "like none of the examples",
        "word list alone",
        "1 account has too few messages",
    ):
        assert part in told


CATALOG = Catalog(
    (*voice_fields(["Acme CRM", "HubSpot"]), Field("industry", FieldType.TEXT, "account.industry"))
)


def test_labels_by_criteria_as_people_say_them() -> None:
    labels = (
        Label(name="Tempted", when='competitor "Acme CRM" mentioned > 2 times'),
        Label(name="Angry", when="negative share > 40%"),
        Label(name="Health", when='industry = "Health Care"'),
    )
    segmentation = SEGMENTATION.model_copy(update={"labels": labels})
    found = facts(
        *[mail("negative", competitors=("Acme CRM",)) for _ in range(3)],
        *[mail(one, account="b") for one in ("negative", "positive")],
    )
    joined = found.assign(industry=["Retail", "Retail", "health care"])
    assert label_voice(joined, segmentation, CATALOG, Today(AS_OF)) == ["Tempted", "Angry", "Health"]


@pytest.mark.parametrize(
    ("rows", "label"),
    [
        ([mail("positive", intent="praise")] * 3, "Promoter"),
        ([mail("positive")] + [mail()] * 3, "Content"),
        ([mail()] * 3, "Neutral"),
        ([mail("negative")] + [mail()] * 2, "Unhappy"),
        ([mail("negative")] * 2 + [mail()], "Detractor"),
        ([mail("positive")] * 3 + [mail(intent="cancellation")], "Detractor"),
        ([mail(intent="cancellation")], "Detractor"),
        ([mail("negative")], None),
        ([], None),
    ],
)
def test_the_starting_labels(rows: list[dict[str, Any]], label: str | None) -> None:
    segmentation = VoiceSegmentation(name="Voice", fewest_messages=3)
    found = score_voice(readings(rows), ["a"], segmentation, AS_OF).facts
    assert label_voice(found, segmentation, Catalog(voice_fields()), Today(AS_OF)) == [label]


def test_many_accounts_take_no_longer_than_they_should() -> None:
    many = 20_000
    frame = readings([mail("negative"), mail("positive", intent="praise")])
    frame = pd.concat([frame] * (many // 2), ignore_index=True)
    frame["message"] = np.arange(many)
    frame["account"] = np.arange(many)
    found = score_voice(frame, list(range(many)), SEGMENTATION, AS_OF).facts
    assert found["negative_count"].sum() == many // 2
    assert len(COUNTED_INTENTS) == 6
