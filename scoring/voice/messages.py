"""Messages to sentences that have been read: cleaned, split, each with intent, sentiment and competitors.

Reading a message depends on nothing but the message, the reader's version and the competitors, so what was
read can be kept under these three and need not be read again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scoring.voice.cleaning import cleaned, is_automatic
from scoring.voice.competitors import Matcher
from scoring.voice.kinds import UNSURE, Origin, Sentiment
from scoring.voice.reader import Reader
from scoring.voice.sentences import sentences

COLUMNS = (
    "message",
    "account",
    "day",
    "source",
    "place",
    "sentence",
    "intent",
    "intent_probability",
    "intent_nearest",
    "sentiment",
    "sentiment_probability",
    "sentiment_origin",
    "competitors",
)
_NEEDED = ("message", "account", "day", "source", "text")


def read_messages(messages: pd.DataFrame, reader: Reader, matcher: Matcher) -> pd.DataFrame:
    """Read what customers wrote.

    Args:
        messages: one row a message: ``message`` (its id; a repeated one is read once), ``account``, ``day``
            (date or datetime64), ``source`` (see ``config.Source``), ``text``; where known ``subject``,
            ``headers`` (a mapping) and ``stated`` (the ``Sentiment`` that the source itself gives: a survey's
            score, a happiness rating). Only what customers wrote, or what was noted of what they said.
        reader: intent and sentiment.
        matcher: competitors.

    Returns:
        One row a sentence in ``COLUMNS``: ``place`` is its place in the message, ``competitors`` a tuple with
        a name for each mention. Automatic answers and messages without a word have no row, unless their
        source states a sentiment: then one with an empty sentence.

    Raises:
        ValueError: a column is missing, or ``stated`` is no sentiment.
    """
    if missing := [name for name in _NEEDED if name not in messages]:
        raise ValueError(
            f"Messages need a column {missing[0]}; they have {', '.join(map(str, messages.columns))}."
        )
    once = messages.drop_duplicates("message").reset_index(drop=True)
    stated = _stated(once)
    split = [_sentences_of(row) for row in _rows(once)]
    # A rating without a word is still a voice.
    split = [found or ("",) * (said is not None) for found, said in zip(split, stated, strict=True)]
    owner = np.repeat(np.arange(len(once)), [len(found) for found in split])
    texts = [sentence for found in split for sentence in found]
    read = reader.read(texts)
    frame = once.loc[owner, ["message", "account", "day", "source"]].reset_index(drop=True)
    frame["place"] = [at for found in split for at in range(len(found))]
    frame["sentence"] = pd.Series(texts, dtype=object)
    frame = pd.concat([frame, read], axis=1)
    frame["competitors"] = pd.Series(
        [tuple(one.competitor for one in matcher.mentions(text)) for text in texts], dtype=object
    )
    said = np.array(stated, dtype=object)[owner]
    by_source = np.array([one is not None for one in said], dtype=bool)
    frame.loc[by_source, "sentiment"] = said[by_source]
    frame.loc[by_source, "sentiment_probability"] = 1.0
    frame.loc[by_source, "sentiment_origin"] = str(Origin.STATED)
    wordless = (frame["sentence"] == "").to_numpy(bool)
    frame.loc[wordless, "intent"] = UNSURE
    frame.loc[wordless, "intent_probability"] = 0.0
    return frame.loc[:, list(COLUMNS)]


def _rows(messages: pd.DataFrame) -> list[Mapping[str, Any]]:
    wanted = [name for name in ("subject", "text", "headers") if name in messages]
    return [
        dict(zip(wanted, row, strict=True)) for row in messages[wanted].itertuples(index=False, name=None)
    ]


def _sentences_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    text, subject, headers = row["text"], row.get("subject"), row.get("headers")
    text = text if isinstance(text, str) else ""
    subject = subject if isinstance(subject, str) else ""
    if is_automatic(subject, text, headers if isinstance(headers, Mapping) else None):
        return ()
    return sentences(cleaned(text))


def _stated(messages: pd.DataFrame) -> list[str | None]:
    if "stated" not in messages:
        return [None] * len(messages)
    known = {str(one) for one in Sentiment}
    found = [str(one) if isinstance(one, str) else None for one in messages["stated"]]
    for one in found:
        if one is not None and one not in known:
            raise ValueError(f"{one} is no sentiment; a source states positive, neutral or negative.")
    return found
