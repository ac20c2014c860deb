"""The sealed access token in the database, and the lease behind which one process renews it."""

from __future__ import annotations

from datetime import datetime

import orjson
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import ColumnElement, Engine, delete, or_, select, update

from connector.access_ports import AccessToken, TokenLease
from connector.cache.engine import Database
from connector.cache.statements import insert_missing
from connector.cache.tables import TokenRow, table_of

_TOKEN = table_of(TokenRow)


class SealedShelf:
    """The port ``TokenShelf`` on the table ``zoho_token``.

    What is written with another key cannot be opened and counts as absent: a changed
    BELLWETHER_SECRET_KEY costs one renewal, not an error.
    """

    def __init__(self, database: Database, secret_key: str) -> None:
        self._reads: Engine = database.reads
        self._writes: Engine = database.writes
        self._seal = Fernet(secret_key)

    def token(self, name: str) -> AccessToken | None:
        """What lies there, expired or not."""
        statement = select(_TOKEN.c.sealed, _TOKEN.c.expires_at).where(_TOKEN.c.name == name)
        with self._reads.connect() as connection:
            row = connection.execute(statement).one_or_none()
        if row is None or row.sealed is None or row.expires_at is None:
            return None
        return self._open(row.sealed, row.expires_at)

    def lease(self, name: str, holder: str, now: datetime, until: datetime) -> TokenLease | None:
        """Take the right to renew; None while another holds it."""
        free = or_(_TOKEN.c.refreshing_until.is_(None), _TOKEN.c.refreshing_until < now)
        with self._writes.begin() as connection:
            connection.execute(insert_missing(_TOKEN, connection.dialect.name), {"name": name})
            taken = connection.execute(
                update(_TOKEN)
                .where(_TOKEN.c.name == name, free)
                .values(refreshing_until=until, refreshed_by=holder)
            )
        return TokenLease(name, holder) if taken.rowcount == 1 else None

    def put(self, lease: TokenLease, token: AccessToken) -> None:
        """Lay a renewed token there and give the lease back."""
        sealed = self._seal.encrypt(
            orjson.dumps({"access_token": token.value, "api_domain": token.api_domain})
        ).decode()
        # Also when the lease ran out meanwhile: the token is good, and renewals are few.
        with self._writes.begin() as connection:
            connection.execute(
                update(_TOKEN)
                .where(_TOKEN.c.name == lease.name)
                .values(sealed=sealed, expires_at=token.expires_at)
            )
            connection.execute(update(_TOKEN).where(_held_by(lease)).values(refreshing_until=None))

    def release(self, lease: TokenLease, not_before: datetime | None) -> None:
        """Give the lease back without a token; nobody gets it before the given instant."""
        with self._writes.begin() as connection:
            connection.execute(update(_TOKEN).where(_held_by(lease)).values(refreshing_until=not_before))

    def discard(self, name: str, value: str) -> None:
        """Take this token away, unless another lies there by now."""
        row = select(_TOKEN.c.sealed, _TOKEN.c.expires_at).where(_TOKEN.c.name == name)
        with self._writes.begin() as connection:
            found = connection.execute(row).one_or_none()
            if found is None or found.sealed is None or found.expires_at is None:
                return
            token = self._open(found.sealed, found.expires_at)
            if token is None or token.value == value:
                connection.execute(
                    update(_TOKEN)
                    .where(_TOKEN.c.name == name, _TOKEN.c.sealed == found.sealed)
                    .values(sealed=None, expires_at=None)
                )

    def drop(self, name: str) -> None:
        """Take away whatever lies there, and the place itself."""
        with self._writes.begin() as connection:
            connection.execute(delete(_TOKEN).where(_TOKEN.c.name == name))

    def _open(self, sealed: str, expires_at: datetime) -> AccessToken | None:
        try:
            content = orjson.loads(self._seal.decrypt(sealed.encode()))
        except InvalidToken:
            return None
        return AccessToken(content["access_token"], content["api_domain"], expires_at)


def _held_by(lease: TokenLease) -> ColumnElement[bool]:
    return (_TOKEN.c.name == lease.name) & (_TOKEN.c.refreshed_by == lease.holder)
