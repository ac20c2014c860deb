"""Why an account has its voice label: facts, conditions, the sentences behind them, what would change it.

Values only; how they are told is for the views.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from scoring.criteria.canonical import canonical
from scoring.criteria.check import field_named, leaves
from scoring.criteria.fields import Catalog
from scoring.criteria.mask import mask
from scoring.criteria.periods import Today
from scoring.label_rules import LabelRule
from scoring.labels import assign
from scoring.voice import catalog as names
from scoring.voice.catalog import count_of, share_of
from scoring.voice.config import VoiceSegmentation
from scoring.voice.kinds import COUNTED_INTENTS, Origin, Sentiment
from scoring.voice.score import score_voice, voice_rules

MOST_EVIDENCE = 5  # sentences a field
MOST_MORE = 50  # messages that are tried to see what would change the label


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a label's criteria: its text, the account's value, whether it holds."""

    field: str
    text: str
    value: Any
    holds: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence behind a field's value.

    ``probability`` 0 to 1; ``low_confidence``: a word list's opinion only; ``mentioned``: its competitors.
    """

    field: str
    sentence: str
    message: Any
    day: date
    source: str
    probability: float
    low_confidence: bool
    mentioned: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """The fewest further messages of one sentiment that would, and nothing else, change the label."""

    sentiment: Sentiment
    messages: int
    label: str | None


@dataclass(frozen=True, slots=True)
class VoiceExplanation:
    """Everything behind one account's label.

    Attributes:
        facts: by field name, as ``score_voice`` gives them; missing is None.
        conditions: of the label it has, or, without one, of every label.
        passed_over: for each label above its own, the conditions that do not hold.
        evidence: for the fields of those conditions, likeliest first, the latest first among equals.
        ways: what would change the label.
    """

    account: Any
    label: str | None
    facts: Mapping[str, Any]
    conditions: tuple[Condition, ...]
    passed_over: Mapping[str, tuple[Condition, ...]]
    evidence: tuple[Evidence, ...]
    ways: tuple[Way, ...]


def explain_voice(
    readings: pd.DataFrame,
    account: Any,
    segmentation: VoiceSegmentation,
    catalog: Catalog,
    today: Today,
    facts: pd.DataFrame | None = None,
) -> VoiceExplanation:
    """Explain one account.

    Args:
        readings: of ``read_messages``; the account's own are enough when ``facts`` are given.
        account: its id.
        segmentation: as it was scored.
        catalog: ``voice_fields`` and the account fields.
        today: the day of the run.
        facts: its row of the run, with account fields that the criteria use; scored anew when not given, and
            its keywords are then those against ``readings`` alone.

    Raises:
        CriteriaError: criteria that do not fit the fields.
        KeyError: the account is not in ``facts``, or the criteria use a field that is not there.
    """
    if facts is None:
        facts = score_voice(readings, [account], segmentation, today.day).facts
    row = facts.loc[[account]]
    rules = voice_rules(segmentation, catalog)
    label = assign(row, rules, catalog, today)[0]
    conditions = {rule.name: _conditions(rule, row, catalog, today) for rule in rules}
    own = (
        conditions[label] if label is not None else tuple(one for some in conditions.values() for one in some)
    )
    above = [rule.name for rule in rules][: _rank(rules, label)]
    failing = {name: tuple(one for one in conditions[name] if not one.holds) for name in above}
    spoken_of = dict.fromkeys(one.field for some in (own, *failing.values()) for one in some)
    return VoiceExplanation(
        account=account,
        label=label,
        facts={str(name): _value(row[name].iloc[0]) for name in row},
        conditions=own,
        passed_over=failing,
        evidence=_evidence(readings, account, segmentation, tuple(spoken_of), today.day),
        ways=_ways(row, label, rules, segmentation, catalog, today),
    )


def _rank(rules: Sequence[LabelRule], label: str | None) -> int:
    return next((at for at, rule in enumerate(rules) if rule.name == label), len(rules))


def _conditions(rule: LabelRule, row: pd.DataFrame, catalog: Catalog, today: Today) -> tuple[Condition, ...]:
    found = []
    for leaf in leaves(rule.when):
        name = field_named(leaf.field, catalog).name
        holds = bool(mask(leaf, row, catalog, today).iloc[0])
        found.append(Condition(name, canonical(leaf, catalog), _value(row[name].iloc[0]), holds))
    return tuple(found)


def _value(value: Any) -> Any:
    """Plain Python: no numpy scalars, None where there is nothing."""
    if isinstance(value, list | tuple):
        return tuple(value)
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.date()
    return value.item() if isinstance(value, np.generic) else value


def _evidence(
    readings: pd.DataFrame, account: Any, segmentation: VoiceSegmentation, fields: Sequence[str], as_of: date
) -> tuple[Evidence, ...]:
    days = pd.to_datetime(readings["day"]).to_numpy().astype("datetime64[D]")
    age = (np.datetime64(as_of, "D") - days).astype(np.int64)
    within = (age >= 0) & (age < segmentation.window_days) & (readings["account"] == account).to_numpy(bool)
    within &= readings["source"].isin(segmentation.sources).to_numpy(bool)
    within &= (readings["sentence"] != "").to_numpy(bool)
    own = readings.loc[within].assign(day=days[within].astype(object))
    found: list[Evidence] = []
    for field in fields:
        rows, certainty = _behind(own, field)
        ranked = rows.assign(certainty=certainty, when=pd.to_datetime(rows["day"]))
        ranked = ranked.sort_values(
            ["certainty", "when", "message", "place"], ascending=[False, False, True, True]
        )
        found.extend(_as_evidence(field, one) for one in ranked.head(MOST_EVIDENCE).to_dict("records"))
    return tuple(found)


def _behind(own: pd.DataFrame, field: str) -> tuple[pd.DataFrame, Any]:
    """The sentences that count for a field, and how sure each is."""
    for kind in Sentiment:
        if field in {count_of(kind), share_of(kind)}:
            rows = own[own["sentiment"] == str(kind)]
            return rows, rows["sentiment_probability"]
    for intent in COUNTED_INTENTS:
        if field in {count_of(intent), share_of(intent)}:
            rows = own[own["intent"] == str(intent)]
            return rows, rows["intent_probability"]
    if field == names.NET_SENTIMENT:
        rows = own[own["sentiment"] != str(Sentiment.NEUTRAL)]
        return rows, rows["sentiment_probability"]
    if field == names.MENTIONS or field.startswith("competitor."):
        name = None if field == names.MENTIONS else field.partition(".")[2]
        named = [bool(some) if name is None else name in some for some in own["competitors"]]
        return own[np.array(named, dtype=bool)], 1.0
    return own.iloc[:0], 1.0


def _as_evidence(field: str, row: Mapping[Any, Any]) -> Evidence:
    is_sentiment = field == names.NET_SENTIMENT or field.partition("_")[0] in {str(one) for one in Sentiment}
    return Evidence(
        field=field,
        sentence=str(row["sentence"]),
        message=row["message"],
        day=row["day"],
        source=str(row["source"]),
        probability=float(row["certainty"]),
        low_confidence=is_sentiment and row["sentiment_origin"] == str(Origin.LEXICON),
        mentioned=tuple(dict.fromkeys(row["competitors"])),
    )


def _ways(
    row: pd.DataFrame,
    label: str | None,
    rules: Sequence[LabelRule],
    segmentation: VoiceSegmentation,
    catalog: Catalog,
    today: Today,
) -> tuple[Way, ...]:
    found = []
    for sentiment in Sentiment:
        more = pd.concat([row] * MOST_MORE, ignore_index=True)
        _add(more, sentiment, segmentation.fewest_messages, today.day)
        for count, other in enumerate(assign(more, rules, catalog, today), start=1):
            if other != label:
                found.append(Way(sentiment, count, other))
                break
    return tuple(found)


def _add(frame: pd.DataFrame, sentiment: Sentiment, fewest: int, day: date) -> None:
    """Row k gets k + 1 more messages of today that sound so and want nothing."""
    further = np.arange(1, len(frame) + 1)
    before = frame[names.MESSAGES].to_numpy(np.int64)
    frame[count_of(sentiment)] = frame[count_of(sentiment)].to_numpy(np.int64) + further
    frame[names.MESSAGES] = before + further
    frame[names.LAST_MESSAGE] = pd.Timestamp(day)
    for kind in (*Sentiment, *COUNTED_INTENTS):
        tally = frame[count_of(kind)].to_numpy(np.int64)
        frame[share_of(kind)] = np.where(before + further >= fewest, 100 * tally / (before + further), np.nan)
    frame[names.NET_SENTIMENT] = frame[share_of(Sentiment.POSITIVE)] - frame[share_of(Sentiment.NEGATIVE)]
    for name in (names.UNSURE_SHARE, names.LOW_CONFIDENCE_SHARE):
        frame[name] = frame[name] * before / (before + further)
