"""People's own consents in Zoho, in the database. Tokens lie there sealed, states as hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cryptography.fernet import InvalidToken
from sqlalchemy import ColumnElement, Connection, RowMapping, delete, func, or_, select

from bot.app.alert_addresses import PERSON
from bot.app.consenting import Asked, Consent
from bot.app.ports import Clock
from bot.app.scoring_ports import NewMessage
from bot.store.consent_tables import ConsentRequestRow, ConsentRow
from bot.store.dialect import insert_or
from bot.store.outbox import put
from bot.store.sealing import seal_of
from bot.store.tables import PersonRow
from connector.cache.engine import Database
from connector.cache.tables import UserRow, table_of

_consent, _request = table_of(ConsentRow), table_of(ConsentRequestRow)
_person, _user = table_of(PersonRow), table_of(UserRow)


class SqlConsents:
    """The port ``Consents``."""

    def __init__(self, database: Database, clock: Clock, keys: Sequence[str]) -> None:
        self._database = database
        self._clock = clock
        self._seal = seal_of(keys)

    def ask(self, state: str, asked: Asked, until: datetime) -> None:
        """Remember a state until then; the person's earlier ones are void."""
        void = or_(_request.c.slack_id == asked.slack_id, _request.c.until <= self._clock.now())
        values = {"slack_id": asked.slack_id, "team_id": asked.team_id, "until": until}
        with self._database.writes.begin() as connection:
            connection.execute(delete(_request).where(void))
            connection.execute(_request.insert().values(state=_hash(state), **values))

    def asked(self, state: str) -> Asked | None:
        """Use a state up; None when it is unknown, over, or was used."""
        mine = _request.c.state == _hash(state)
        with self._database.reads.begin() as connection:  # what anybody may send does not wait for a turn
            if connection.execute(select(_request.c.state).where(mine)).first() is None:
                return None
        with self._database.writes.begin() as connection:
            row = connection.execute(
                delete(_request)
                .where(mine)
                .returning(_request.c.slack_id, _request.c.team_id, _request.c.until)
            ).first()
        return Asked(row.slack_id, row.team_id) if row and row.until > self._clock.now() else None

    def keep(self, consent: Consent, told: str) -> Consent | None:
        """Keep a consent and tell the person; gives the earlier one, in whose place it is."""
        values = {
            "team_id": consent.team_id,
            "crm_user_id": consent.crm_user_id,
            "given_at": consent.given_at,
            "sealed": self._seal.encrypt(consent.refresh_token.encode()).decode(),
        }
        with self._database.writes.begin() as connection:
            earlier = self._held(connection, _consent.c.slack_id == consent.slack_id)
            connection.execute(
                insert_or(connection.dialect.name, _consent)
                .values(slack_id=consent.slack_id, **values)
                .on_conflict_do_update(index_elements=["slack_id"], set_=values)
            )
            self._tell(connection, consent, "given", told)
        return earlier

    def held(self, slack_id: str) -> Consent | None:
        """A person's consent; None also when no key opens it."""
        with self._database.reads.begin() as connection:
            return self._held(connection, _consent.c.slack_id == slack_id)

    def usable(self, slack_id: str) -> Consent | None:
        """The same, if the person is still matched to the CRM user who gave it, and that one is active."""
        email = func.lower(_person.c.email)
        matched = (
            select(_user.c.id)
            .join(_person, email == func.lower(_user.c.email))
            .where(_person.c.slack_id == slack_id, ~_person.c.guest, _user.c.active)
        )
        with self._database.reads.begin() as connection:
            found = connection.execute(matched.limit(2)).scalars().all()
            held = self._held(connection, _consent.c.slack_id == slack_id)
        return held if held is not None and found == [held.crm_user_id] else None

    def end(self, consent: Consent, told: str = "") -> bool:
        """Forget a consent and tell the person something; False, and nothing said, when it was not there."""
        with self._database.writes.begin() as connection:
            this = (_consent.c.slack_id == consent.slack_id) & (_consent.c.given_at == consent.given_at)
            if connection.execute(delete(_consent).where(this)).rowcount != 1:
                return False
            self._tell(connection, consent, "ended", told)
        return True

    def count(self) -> tuple[int, int]:
        """How many consents there are, and how many of them no key opens."""
        with self._database.reads.begin() as connection:
            rows = connection.execute(select(_consent)).mappings().all()
        return len(rows), sum(self._opened(row) is None for row in rows)

    def _held(self, connection: Connection, which: ColumnElement[bool]) -> Consent | None:
        row = connection.execute(select(_consent).where(which)).mappings().first()
        return None if row is None else self._opened(row)

    def _opened(self, row: RowMapping) -> Consent | None:
        try:
            token = self._seal.decrypt(row["sealed"].encode()).decode()
        except InvalidToken:
            return None
        plain: dict[str, Any] = {
            name: row[name] for name in ("slack_id", "team_id", "crm_user_id", "given_at")
        }
        return Consent(**plain, refresh_token=token)

    def _tell(self, connection: Connection, consent: Consent, what: str, told: str) -> None:
        """Through the outbox, in the same transaction: the person is told once, whatever breaks."""
        if not told:
            return
        key = f"consent:{consent.slack_id}:{consent.given_at.isoformat()}:{what}"
        message = NewMessage(key, "text", f"{PERSON}{consent.crm_user_id}", {"text": told})
        put(connection, message, self._clock.now())


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode(errors="replace")).hexdigest()
