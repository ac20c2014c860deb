"""What people said that sentences mean: labels that the reader of messages learns from."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from bot.app.scope import seeing
from bot.store.places import TABLES
from bot.store.seen_accounts import seen_ids
from connector.cache.engine import Database
from connector.cache.statements import upsert
from scoring.voice.kinds import Correction, Intent, Sentiment

_CORRECTION, _EVENT, _TOUCHED = TABLES["correction"], TABLES["engagement_event"], TABLES["touched_account"]


class SqlCorrections:
    """The port ``Corrections``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, correction: Correction, by: str, at: datetime) -> int:
        """Keep a correction, and have the next run look at the accounts that said this very sentence.

        How many of them whoever corrects it sees; everybody else is read anew by that run, too.
        """
        values = {
            "sentence": correction.sentence,
            "intent": None if correction.intent is None else str(correction.intent),
            "sentiment": None if correction.sentiment is None else str(correction.sentiment),
            "by": by,
            "at": at,
        }
        said = select(_EVENT.c.account_id).distinct()
        said = said.where(
            _EVENT.c.account_id.is_not(None), _EVENT.c.text.contains(correction.sentence, autoescape=True)
        )
        with self._database.writes.begin() as connection:
            connection.execute(insert(_CORRECTION).values(values))
            accounts = connection.execute(said).scalars().all()
            if accounts:
                marks = [{"account_id": one, "touched_at": at} for one in accounts]
                columns = frozenset({"account_id", "touched_at"})
                connection.execute(upsert(_TOUCHED, connection.dialect.name, columns), marks)
            if seeing().everything:
                return len(accounts)
            mine = seen_ids(seeing(), connection.dialect.name)
            seen = select(func.count()).select_from(said.where(_EVENT.c.account_id.in_(mine)).subquery())
            return connection.execute(seen).scalar_one()

    def all(self) -> tuple[Correction, ...]:
        """Every correction, oldest first."""
        with self._database.reads.connect() as connection:
            return read_corrections(connection)


def read_corrections(connection: Connection) -> tuple[Correction, ...]:
    """Every correction, oldest first."""
    columns = (_CORRECTION.c.sentence, _CORRECTION.c.intent, _CORRECTION.c.sentiment)
    rows = connection.execute(select(*columns).order_by(_CORRECTION.c.id))
    return tuple(
        Correction(
            row.sentence,
            None if row.intent is None else Intent(row.intent),
            None if row.sentiment is None else Sentiment(row.sentiment),
        )
        for row in rows
    )
