"""The installation in a Slack workspace, in the database. Its token lies there sealed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cryptography.fernet import InvalidToken
from sqlalchemy import Connection, RowMapping, select, update

from bot.app.installing import Installation, check_workspace, outlives
from bot.app.ports import Clock
from bot.store.dialect import insert_or
from bot.store.installation_tables import SlackInstallationRow
from bot.store.sealing import seal_of
from connector.cache.engine import Database
from connector.cache.tables import table_of

_PLACE = "workspace"
_PLAIN = ("team_id", "team_name", "app_id", "bot_id", "bot_user_id", "scopes", "installed_by")

_installation = table_of(SlackInstallationRow)
_HELD = select(_installation).where(_installation.c.place == _PLACE)


class SqlInstallations:
    """The port ``Installations``."""

    def __init__(self, database: Database, clock: Clock, keys: Sequence[str]) -> None:
        self._database = database
        self._clock = clock
        self._seal = seal_of(keys)

    def current(self) -> Installation | None:
        """The installation; None before the first one, since the app was removed, or when no key opens it."""
        with self._database.reads.begin() as connection:
            return self._opened(connection.execute(_HELD).mappings().first())

    def is_unreadable(self) -> bool:
        """Whether there is a token that was sealed with a key that is not among ours."""
        with self._database.reads.begin() as connection:
            held = connection.execute(_HELD).mappings().first()
        return held is not None and held["sealed"] is not None and self._opened(held) is None

    def save(self, installation: Installation, wanted: str = "") -> None:
        """Keep it, in place of an earlier one in the same workspace.

        Raises:
            UserError: this deployment serves another workspace.
        """
        values = {name: getattr(installation, name) for name in _PLAIN} | {
            "installed_at": self._clock.now(),
            "removed_at": None,
            "sealed": self._seal.encrypt(installation.token.encode()).decode(),
        }
        with self._database.writes.begin() as connection:
            # Written only over the same workspace: of two that come at once the database takes the first.
            written = connection.execute(
                insert_or(self._database.dialect, _installation)
                .values(place=_PLACE, **values)
                .on_conflict_do_update(
                    index_elements=["place"],
                    set_=values,
                    where=_installation.c.team_id == installation.team_id,
                )
                .returning(_installation.c.team_id)
            ).first()
            held = connection.execute(_HELD).mappings().one()
            check_workspace(installation.team_id, None if written else held["team_id"], wanted)

    def remove(self, team_id: str, at: datetime) -> bool:
        """The app was removed from the workspace at this instant: forget the token. False when known."""
        with self._database.writes.begin() as connection:
            held = connection.execute(_HELD).mappings().first()
            if held is None or held["team_id"] != team_id or outlives(held["installed_at"], at):
                return False
            return self._forget(connection, held)

    def discard(self, token: str) -> bool:
        """Slack does not know this token any more: forget it, unless another lies there by now."""
        with self._database.writes.begin() as connection:
            held = connection.execute(_HELD).mappings().first()
            found = self._opened(held)
            if held is None or found is None or found.token != token:
                return False
            return self._forget(connection, held)

    def _forget(self, connection: Connection, held: RowMapping) -> bool:
        if held["sealed"] is None:
            return False
        connection.execute(
            update(_installation)
            .where(_installation.c.place == _PLACE)
            .values(sealed=None, removed_at=self._clock.now())
        )
        return True

    def _opened(self, held: RowMapping | None) -> Installation | None:
        if held is None or held["sealed"] is None:
            return None
        try:
            token = self._seal.decrypt(held["sealed"].encode()).decode()
        except InvalidToken:
            return None
        return Installation(token=token, **{name: held[name] for name in _PLAIN})
