"""What was read of messages: kept, so that each is read once, and read in batches.

Reading takes milliseconds a message. Most of it happens before a run, outside of its transaction
(``SqlReadings.read_new``); a run reads what came in between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
from sqlalchemy import Connection, select

from bot.app.config.published import PublishedConfigurations
from bot.app.voice_reader import (
    Reading,
    Sentences,
    Voices,
    kept_reader,
    new_reader,
    place_of,
    reading_of,
)
from bot.store import voices
from bot.store.corrections import read_corrections
from bot.store.places import TABLES
from connector.cache.engine import Database
from connector.cache.statements import upsert
from scoring.config import Configuration
from scoring.criteria.periods import Today
from scoring.voice.config import VoiceSegmentation
from scoring.voice.reader import Reader

_LEARNED = TABLES["learned"]
READ_AT_ONCE = 500  # a second or two; other writers wait no longer
Read = dict[tuple[str, str, str], str]


class SqlReadings:
    """Reading ahead of runs."""

    def __init__(
        self,
        database: Database,
        configurations: PublishedConfigurations,
        today: Callable[[Connection, Configuration], Today],
    ) -> None:
        self._database = database
        self._configurations = configurations
        self._today = today

    def read_new(self) -> int:
        """Read the messages that were never read by the reader in force; how many.

        Each batch is kept by itself: what is interrupted goes on where it stood.

        Raises:
            ConfigurationError: no configuration is published, or the optional extra is damaged.
        """
        configuration = self._configurations.current().configuration
        segmentations = configuration.of(VoiceSegmentation)
        if not segmentations:
            return 0
        with self._database.reads.connect() as connection:
            today = self._today(connection, configuration)
            start = voices.since(segmentations, today)
            reading = reading_of(current_reader(connection), configuration)
        done, last = 0, None
        while True:
            with self._database.reads.connect() as connection:
                batch = voices.unread(connection, start, reading.version, last, today, READ_AT_ONCE)
            if not batch:
                return done
            bodies = _read(reading, batch)
            with self._database.writes.begin() as connection:
                _keep(connection, reading, batch, bodies)
            done, last = done + len(batch), batch[-1]

    def reader(self) -> Reader:
        """The reader in force."""
        with self._database.reads.connect() as connection:
            return current_reader(connection)


def current_reader(connection: Connection) -> Reader:
    """The reader of the corrections that there are: one that a segmentation keeps, or a new one."""
    corrections = read_corrections(connection)
    bodies = connection.execute(
        select(_LEARNED.c.body).where(_LEARNED.c.technique == "voice").order_by(_LEARNED.c.as_of.desc())
    )
    for body in bodies.scalars():
        found = kept_reader(body, corrections)
        if found is not None:
            return found
    return new_reader(corrections)


def read_voices(
    connection: Connection,
    segmentation: VoiceSegmentation,
    configuration: Configuration,
    today: Today,
    only: Sequence[str] | None = None,
) -> Voices:
    """Every sentence that counts for a segmentation; messages that nobody has read are read and kept."""
    reading = reading_of(current_reader(connection), configuration)
    found = Sentences(place_of(segmentation, configuration))
    for batch in voices.messages(connection, voices.since([segmentation], today), today, only):
        bodies = {one.key: one.body for one in batch if one.body is not None}
        new = [one for one in batch if one.kept != reading.key(one.said)]
        for at in range(0, len(new), READ_AT_ONCE):
            some = new[at : at + READ_AT_ONCE]
            read = _read(reading, some)
            _keep(connection, reading, some, read)
            bodies |= read
        _add(found, batch, bodies)
    return Voices(found.frame(), reading.reader)


def kept_voices(
    connection: Connection,
    segmentation: VoiceSegmentation,
    configuration: Configuration,
    today: Today,
    only: Sequence[str],
) -> pd.DataFrame:
    """The sentences of some accounts as they were read last; nothing is read or written."""
    found = Sentences(place_of(segmentation, configuration))
    for batch in voices.messages(connection, voices.since([segmentation], today), today, only):
        _add(found, batch, {one.key: one.body for one in batch if one.body is not None})
    return found.frame()


def _add(found: Sentences, batch: Sequence[voices.Message], bodies: Read) -> None:
    for one in batch:
        if one.key in bodies:
            found.add(" ".join(one.key), one.account, one.day, one.source, bodies[one.key])


def _read(reading: Reading, batch: Sequence[voices.Message]) -> Read:
    names = ("account", "day", "source", "text", "subject", "stated")
    frame = pd.DataFrame({name: [getattr(one, name) for one in batch] for name in names}, dtype=object)
    return dict(zip([one.key for one in batch], reading.read(frame), strict=True))


def _keep(connection: Connection, reading: Reading, batch: Sequence[voices.Message], bodies: Read) -> None:
    if not batch:
        return
    rows = [
        {
            **dict(zip(voices.KEY, one.key, strict=True)),
            "reader": reading.key(one.said),
            "body": bodies[one.key],
        }
        for one in batch
    ]
    statement = upsert(voices.READING, connection.dialect.name, frozenset(rows[0]))
    connection.execute(statement, rows)
