"""Slack users and the CRM users behind them, remembered for a while."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Connection, func, select

from bot.app.access import CrmUser, admit
from bot.app.errors import SendError
from bot.app.people import NOT_ASKED, Person, Role
from bot.app.ports import Clock, Directory, SlackProfile
from bot.store.dialect import insert_or
from bot.store.tables import PersonRow
from connector.cache.engine import Database
from connector.cache.tables import UserRow, table_of
from scoring.config import Access

STALE = timedelta(hours=1)

_person = table_of(PersonRow)
_user = table_of(UserRow)


class SqlPeople:
    """The port ``People``. Slack is asked outside any transaction, at most once an hour for a person."""

    def __init__(
        self, database: Database, clock: Clock, directory: Directory, access: Callable[[], Access]
    ) -> None:
        self._database = database
        self._clock = clock
        self._directory = directory
        self._access = access

    def person(self, slack_id: str) -> Person:
        """Who this is, with a role; never raises for an unknown one: they get Role.NOBODY and a reason."""
        profile = self._remembered(slack_id)
        if profile is None:
            try:
                profile = self._directory.profile(slack_id)
            except SendError:
                return Person(
                    slack_id,
                    "somebody",
                    None,
                    None,
                    Role.NOBODY,
                    NOT_ASKED,
                )
            if profile is not None:
                self._remember(slack_id, profile)
        with self._database.reads.begin() as connection:
            found = _crm_user(connection, profile.email) if profile else None
        return admit(slack_id, profile, found, self._access())

    def by_email(self, email: str) -> Person:
        """The CRM user with this e-mail, for the terminal."""
        with self._database.reads.begin() as connection:
            found = _crm_user(connection, email)
        return admit("", SlackProfile(email, email, is_guest=False, is_bot=False), found, self._access())

    def unmatched(self) -> list[tuple[str, str | None]]:
        """Name and e-mail of the Slack users whom no active CRM user matches, for review."""
        matching = select(func.lower(_user.c.email)).where(_user.c.active, _user.c.email.is_not(None))
        statement = select(_person.c.name, _person.c.email).where(
            ~_person.c.guest, func.lower(func.coalesce(_person.c.email, "")).not_in(matching)
        )
        with self._database.reads.begin() as connection:
            return [(row.name, row.email) for row in connection.execute(statement.order_by(_person.c.name))]

    def _remembered(self, slack_id: str) -> SlackProfile | None:
        statement = select(_person).where(
            _person.c.slack_id == slack_id, _person.c.checked_at > self._clock.now() - STALE
        )
        with self._database.reads.begin() as connection:
            row = connection.execute(statement).mappings().first()
        if row is None:
            return None
        return SlackProfile(row["name"], row["email"], is_guest=row["guest"], is_bot=False)

    def _remember(self, slack_id: str, profile: SlackProfile) -> None:
        if profile.is_bot:
            return
        values = {
            "name": profile.name,
            "email": profile.email,
            "guest": profile.is_guest,
            "checked_at": self._clock.now(),
        }
        with self._database.writes.begin() as connection:
            connection.execute(
                insert_or(self._database.dialect, _person)
                .values(slack_id=slack_id, **values)
                .on_conflict_do_update(index_elements=["slack_id"], set_=values)
            )


def _crm_user(connection: Connection, email: str | None) -> CrmUser | None:
    """The one active CRM user with this e-mail; None when there is none or more than one."""
    if not email:
        return None
    rows = connection.execute(
        select(_user.c.id, _user.c.name, _user.c.profile)
        .where(func.lower(_user.c.email) == email.lower(), _user.c.active)
        .limit(2)
    ).all()
    if len(rows) != 1:
        return None
    return CrmUser(rows[0].id, rows[0].name or email, rows[0].profile)
