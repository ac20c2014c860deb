"""What segmentations have learned: read, and put in the place of what was."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Connection, select

from bot.app.techniques.technique import Learned
from bot.store.places import TABLES
from connector.cache.statements import upsert

_LEARNED = TABLES["learned"]


def read(connection: Connection, segmentation: str) -> Learned | None:
    """What a segmentation scores with; None before it has learned."""
    row = connection.execute(select(_LEARNED).where(_LEARNED.c.segmentation == segmentation)).one_or_none()
    return None if row is None else Learned(row.as_of, row.config_version, json.loads(row.body))


def write(connection: Connection, segmentation: str, technique: str, learned: Learned, at: datetime) -> None:
    """Keep what was learned."""
    values = {
        "segmentation": segmentation,
        "technique": technique,
        "as_of": learned.as_of,
        "config_version": learned.config_version,
        "learned_at": at,
        "body": json.dumps(learned.body, ensure_ascii=False, allow_nan=False),
    }
    connection.execute(upsert(_LEARNED, connection.dialect.name, frozenset(values)), values)
