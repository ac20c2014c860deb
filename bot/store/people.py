"""Slack users and the CRM users behind them, remembered for a while."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Connection, func, select

from bot.app.access import CrmUser, Known, admit
from bot.app.errors import SendError
from bot.app.people import NOT_ASKED, Person, Role
from bot.app.people_ports import UserGroups
from bot.app.ports import Clock, Directory, SlackProfile
from bot.app.scope import NOTHING, Whose
from bot.store.dialect import insert_or
from bot.store.seen_accounts import knows_territories
from bot.store.tables import PersonRow
from connector.cache.engine import Database
from connector.cache.tables import UserRow, table_of
from scoring.config import Access

STALE = timedelta(minutes=5)

_person = table_of(PersonRow)
_user = table_of(UserRow)


class SqlPeople:
    """The port ``People``. Slack is asked outside any transaction, at most every five minutes for a person.

    What the copy of the CRM says is read every time.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        directory: Directory,
        access: Callable[[], Access],
        groups: UserGroups | None = None,
        accounts_module: Callable[[], str] = lambda: "Accounts",
    ) -> None:
        """Put it together.

        Args:
            database: the copy, and what is remembered.
            clock: time.
            directory: Slack's people.
            access: of the configuration in force.
            groups: Slack's user groups; None where they cannot be asked: then those of nobody are known.
            accounts_module: the CRM module that accounts are read from.
        """
        self._database = database
        self._clock = clock
        self._directory = directory
        self._access = access
        self._groups = groups
        self._accounts_module = accounts_module

    def person(self, slack_id: str) -> Person:
        """Who this is, with a role; never raises for an unknown one: they get Role.NOBODY and a reason."""
        return self._person(slack_id, self._remembered(slack_id), anew=False)

    def person_now(self, slack_id: str) -> Person:
        """The same; Slack is asked anew."""
        return self._person(slack_id, None, anew=True)

    def _person(self, slack_id: str, profile: SlackProfile | None, *, anew: bool) -> Person:
        if profile is None:
            try:
                profile = self._directory.profile(slack_id)
            except SendError:
                return Person(slack_id, "somebody", None, None, Role.NOBODY, NOT_ASKED, NOTHING)
            if profile is not None:
                self._remember(slack_id, profile)
        return self._admitted(slack_id, profile, self._groups_of(slack_id, anew=anew))

    def by_email(self, email: str) -> Person:
        """The CRM user with this e-mail, for the terminal: without a Slack user there are no user groups."""
        return self._admitted("", SlackProfile(email, email, is_guest=False, is_bot=False), frozenset())

    def _admitted(self, slack_id: str, profile: SlackProfile | None, groups: frozenset[str] | None) -> Person:
        access = self._access()
        with self._database.reads.begin() as connection:
            found = _crm_user(connection, profile.email) if profile else None
            known = self._known(connection, access, groups)
        return admit(slack_id, profile, found, access, known)

    def _known(self, connection: Connection, access: Access, groups: frozenset[str] | None) -> Known:
        """What the configuration's scopes need."""
        scopes = access.scopes.each()
        managers: dict[str, str | None] = {}
        if Whose.TEAM in scopes:
            rows = connection.execute(select(_user.c.id, _user.c.manager_id))
            managers = {row.id: row.manager_id for row in rows}
        located = Whose.TERRITORY in scopes and knows_territories(connection, self._accounts_module())
        return Known(groups, managers, located)

    def _groups_of(self, slack_id: str, *, anew: bool) -> frozenset[str] | None:
        """Handles of the user groups that somebody is in; None when Slack does not say, and it matters."""
        if not self._access().user_groups:
            return frozenset()
        if self._groups is None:
            return None
        try:
            return self._groups.of(slack_id, anew=anew)
        except SendError:
            return None

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
        select(_user.c.id, _user.c.name, _user.c.profile, _user.c.raw)
        .where(func.lower(_user.c.email) == email.lower(), _user.c.active)
        .limit(2)
    ).all()
    if len(rows) != 1:
        return None
    found = rows[0]
    return CrmUser(found.id, found.name or email, found.profile, _territories(found.raw))


def _territories(raw: str) -> frozenset[str] | None:
    """Ids of the territories that a user's record lists; None when it does not speak of any."""
    listed = json.loads(raw).get("territories")
    if not isinstance(listed, list):
        return None
    return frozenset(str(one["id"]) for one in listed if isinstance(one, dict) and one.get("id"))
