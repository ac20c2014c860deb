"""What each account's messages come to: counts, shares, trend, keywords and competitors, for all at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.criteria.fields import Catalog
from scoring.criteria.parse import parse
from scoring.criteria.periods import Today
from scoring.label_rules import LabelRule
from scoring.labels import assign
from scoring.voice import catalog as names
from scoring.voice.catalog import count_of, in_criteria, mentions_of, share_of
from scoring.voice.config import VoiceSegmentation
from scoring.voice.keywords import Background, background_of, keywords
from scoring.voice.kinds import COUNTED_INTENTS, UNSURE, Origin, Sentiment, Trend

FEWEST_MESSAGES = 30  # of all accounts together; below, labels are an accident
MUCH_UNSURE = 50  # percent
_SIGNS = {str(Sentiment.POSITIVE): 1, str(Sentiment.NEUTRAL): 0, str(Sentiment.NEGATIVE): -1}

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class VoiceScores:
    """The facts of every account, and what a person should know of them.

    ``facts``: index as the accounts were given, columns named as ``catalog.voice_fields`` names them. Counts
    are integers, shares percent of the messages read (missing with too few), the trend and last message
    missing where there is none, keywords tuples.
    """

    facts: pd.DataFrame
    warnings: tuple[str, ...]


def voice_background(
    readings: pd.DataFrame, accounts: Sequence[Any], segmentation: VoiceSegmentation, as_of: date
) -> Background:
    """How all accounts write, for keywords that stay while it is kept; arguments as of ``score_voice``."""
    index = pd.Index(accounts, name="account")
    chosen, _ = _chosen(readings, index, segmentation, as_of)
    texts, owner = _current(chosen, segmentation)
    return background_of(texts, owner, len(index))


def score_voice(
    readings: pd.DataFrame,
    accounts: Sequence[Any],
    segmentation: VoiceSegmentation,
    as_of: date,
    background: Background | None = None,
) -> VoiceScores:
    """Score accounts.

    Args:
        readings: of ``read_messages``, whatever was read and when; the segmentation chooses.
        accounts: ids, each once; readings of others are left out.
        segmentation: windows, sources, competitors.
        as_of: the day of the run; later messages do not count.
        background: for the keywords; without one they are set apart from those of ``readings``.
    """
    index = pd.Index(accounts, name="account")
    chosen, warnings = _chosen(readings, index, segmentation, as_of)
    messages = _by_message(chosen)
    facts = _counts(messages, len(index), segmentation, as_of)
    facts[names.TREND] = _trend(messages, len(index), segmentation.trend_days)
    facts |= _mentions(chosen, len(index), segmentation)
    facts[names.KEYWORDS] = _keywords(chosen, len(index), segmentation, background)
    frame = pd.DataFrame(facts)
    frame.index = index
    return VoiceScores(frame, (*warnings, *_warnings(messages, chosen, frame)))


def voice_rules(segmentation: VoiceSegmentation, catalog: Catalog) -> tuple[LabelRule, ...]:
    """The labels' criteria as trees; the ways in which people say them are understood.

    Raises:
        CriteriaError: criteria that cannot be read, or that do not fit the fields.
    """
    return tuple(
        LabelRule(label.name, parse(in_criteria(label.when), catalog)) for label in segmentation.labels
    )


def label_voice(
    facts: pd.DataFrame, segmentation: VoiceSegmentation, catalog: Catalog, today: Today
) -> list[str | None]:
    """The label of every account, None where no criteria hold.

    Args:
        facts: of ``score_voice``, joined with whatever account fields the criteria use.
        segmentation: its labels, best first.
        catalog: ``voice_fields`` of its competitors, and the account fields.
        today: the day of the run.

    Raises:
        CriteriaError: as ``voice_rules``.
    """
    return assign(facts, voice_rules(segmentation, catalog), catalog, today)


def _chosen(
    readings: pd.DataFrame, index: pd.Index[Any], segmentation: VoiceSegmentation, as_of: date
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Readings in the window, of these accounts and sources, in one order, with ``owner`` and ``age``."""
    days = pd.to_datetime(readings["day"]).to_numpy().astype("datetime64[D]")
    age = (np.datetime64(as_of, "D") - days).astype(np.int64)
    owner = index.get_indexer(pd.Index(readings["account"]))
    span = max(segmentation.window_days, 2 * segmentation.trend_days)
    there = ~np.isnat(days) & (owner >= 0) & readings["source"].isin(segmentation.sources).to_numpy(bool)
    within = there & (age >= 0) & (age < span)
    frame = readings.assign(owner=owner, age=age).loc[within]
    frame = frame.sort_values(["message", "place"], kind="stable").reset_index(drop=True)
    later = int(readings.loc[there & (age < 0), "message"].nunique())
    if not later:
        return frame, ()
    many = "1 message is" if later == 1 else f"{later:,} messages are"
    return frame, (f"{many} dated after {as_of.isoformat()} and left out.",)


def _by_message(chosen: pd.DataFrame) -> pd.DataFrame:
    """One row a message: owner, age, sentiment −1, 0, 1, intents as booleans, and how sure they are."""
    code = np.asarray(pd.factorize(chosen["message"])[0], dtype=np.int64)
    count = int(code.max(initial=-1)) + 1
    first = np.full(count, len(chosen), dtype=np.int64)
    np.minimum.at(first, code, np.arange(len(chosen)))
    signs = np.asarray(chosen["sentiment"].map(_SIGNS), dtype=np.int64)
    origin = chosen["sentiment_origin"].to_numpy(object)
    guessed = origin == str(Origin.LEXICON)
    frame = {
        "owner": chosen["owner"].to_numpy(np.int64)[first],
        "age": chosen["age"].to_numpy(np.int64)[first],
        "sentiment": _message_signs(signs, guessed, code, count),
        "guessed": _tally(code, count, ~guessed & (signs != 0)) == 0,
    }
    frame["guessed"] &= _tally(code, count, guessed & (signs != 0)) > 0
    intents = chosen["intent"].to_numpy(object)
    for kind in COUNTED_INTENTS:
        frame[str(kind)] = _tally(code, count, intents == str(kind)) > 0
    frame[UNSURE] = _tally(code, count, intents != UNSURE) == 0
    return pd.DataFrame(frame)


def _message_signs(signs: Integers, guessed: Truths, code: Integers, count: int) -> Integers:
    """More positive than negative sentences or the other way round; as many of both is neutral, as Zoho says.

    A guess of the word list decides only where nothing better speaks.
    """
    better = np.bincount(code, weights=np.where(guessed, 0, signs), minlength=count)
    spoken = _tally(code, count, ~guessed & (signs != 0)) > 0
    guess = np.bincount(code, weights=np.where(guessed, signs, 0), minlength=count)
    return np.sign(np.where(spoken, better, guess)).astype(np.int64)


def _counts(
    messages: pd.DataFrame, count: int, segmentation: VoiceSegmentation, as_of: date
) -> dict[str, Any]:
    current = messages[messages["age"] < segmentation.window_days]
    owner = current["owner"].to_numpy(np.int64)
    read = np.bincount(owner, minlength=count)
    enough = read >= segmentation.fewest_messages

    def share(tally: Integers) -> Floats:
        return np.where(enough, 100 * tally / np.maximum(read, 1), np.nan)

    tallies = {kind: _tally(owner, count, current["sentiment"] == _SIGNS[str(kind)]) for kind in Sentiment}
    counts: dict[str, Any] = {names.MESSAGES: read, names.LAST_MESSAGE: _last(current, count, as_of)}
    for kind, tally in tallies.items():
        counts |= {count_of(kind): tally, share_of(kind): share(tally)}
    for intent in COUNTED_INTENTS:
        tally = _tally(owner, count, current[str(intent)])
        counts |= {count_of(intent): tally, share_of(intent): share(tally)}
    counts[names.NET_SENTIMENT] = share(tallies[Sentiment.POSITIVE] - tallies[Sentiment.NEGATIVE])
    counts[names.UNSURE_SHARE] = share(_tally(owner, count, current[UNSURE]))
    counts[names.LOW_CONFIDENCE_SHARE] = share(_tally(owner, count, current["guessed"]))
    return counts


def _last(current: pd.DataFrame, count: int, as_of: date) -> npt.NDArray[np.datetime64]:
    """The day of the youngest message; no day where there is none."""
    youngest = np.full(count, -1, dtype=np.int64)
    age = current["age"].to_numpy(np.int64)
    # From the oldest to the youngest: of several assignments to one place the last stays.
    order = np.argsort(-age, kind="stable")
    youngest[current["owner"].to_numpy(np.int64)[order]] = age[order]
    days = np.datetime64(as_of, "D") - np.maximum(youngest, 0).astype("timedelta64[D]")
    return np.where(youngest >= 0, days, np.datetime64("NaT", "D")).astype("datetime64[s]")


def _trend(messages: pd.DataFrame, count: int, days: int) -> npt.NDArray[np.object_]:
    owner, age = messages["owner"].to_numpy(np.int64), messages["age"].to_numpy(np.int64)
    signs = messages["sentiment"].to_numpy(np.int64)
    now, before = (
        np.sign(np.bincount(owner, weights=np.where(within, signs, 0), minlength=count))
        for within in (age < days, (age >= days) & (age < 2 * days))
    )
    groups = {
        (1, 0): Trend.NEW_PROMOTER,
        (-1, 0): Trend.NEW_DETRACTOR,
        (-1, 1): Trend.PROMOTER_TO_DETRACTOR,
        (1, -1): Trend.DETRACTOR_TO_PROMOTER,
        (1, 1): Trend.CONTINUED_PROMOTER,
        (-1, -1): Trend.CONTINUED_DETRACTOR,
    }
    trend = np.full(count, None, dtype=object)
    for (present, past), group in groups.items():
        trend[(now == present) & (before == past)] = str(group)
    return trend


def _mentions(chosen: pd.DataFrame, count: int, segmentation: VoiceSegmentation) -> dict[str, Integers]:
    current = chosen.loc[chosen["age"] < segmentation.window_days, ["owner", "competitors"]]
    lengths = np.fromiter(map(len, current["competitors"]), np.int64, len(current))
    owner = np.repeat(current["owner"].to_numpy(np.int64), lengths)
    named = np.array([name for row in current["competitors"] for name in row], dtype=object)
    found = {
        mentions_of(one.name): _tally(owner, count, named == one.name) for one in segmentation.competitors
    }
    total = sum(found.values(), np.zeros(count, dtype=np.int64))
    return {names.MENTIONS: total, **found}


def _keywords(
    chosen: pd.DataFrame, count: int, segmentation: VoiceSegmentation, background: Background | None
) -> pd.Series[Any]:
    texts, owner = _current(chosen, segmentation)
    return pd.Series(keywords(texts, owner, count, segmentation.keywords, background), dtype=object)


def _current(chosen: pd.DataFrame, segmentation: VoiceSegmentation) -> tuple[list[str], Integers]:
    current = chosen[chosen["age"] < segmentation.window_days]
    return current["sentence"].tolist(), current["owner"].to_numpy(np.int64)


def _tally(owner: Integers, count: int, which: Any) -> Integers:
    return np.bincount(owner[np.asarray(which, dtype=bool)], minlength=count).astype(np.int64)


def _warnings(messages: pd.DataFrame, chosen: pd.DataFrame, facts: pd.DataFrame) -> tuple[str, ...]:
    found = []
    if len(messages) < FEWEST_MESSAGES:
        found.append(
            f"Only {len(messages):,} messages were read; with fewer than {FEWEST_MESSAGES} "
            "the labels say little."
        )
    if len(chosen) and 100 * float((chosen["intent"] == UNSURE).mean()) > MUCH_UNSURE:
        found.append(
            "More than half of the sentences are like none of the examples; correct some answers, or "
            "check that the messages are in English."
        )
    if len(messages) and 100 * float(messages["guessed"].mean()) > MUCH_UNSURE:
        found.append(
            "More than half of the sentiments rest on a word list alone and are of low confidence; "
            "correct some."
        )
    few = int(((facts[names.MESSAGES] > 0) & facts[names.UNSURE_SHARE].isna()).sum())
    if few:
        many = "1 account has" if few == 1 else f"{few:,} accounts have"
        found.append(f"{many} too few messages for shares; there are only counts.")
    return tuple(found)
