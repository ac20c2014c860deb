"""Who somebody is: matched by verified e-mail, never taken for somebody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.app.access import CrmUser, admit
from bot.app.errors import SendLater
from bot.app.people import Role
from bot.app.ports import SlackProfile
from bot.store.people import STALE, SqlPeople
from connector.cache.engine import Database
from connector.cache.tables import UserRow, table_of
from scoring.config import Access
from tests.support.moved_clock import SetClock

ACCESS = Access()
ANNA = SlackProfile("Anna", "Anna.Snelling@bellwether.example", is_guest=False, is_bot=False)


@pytest.mark.parametrize(
    ("profile", "role"),
    [
        ("Administrator", Role.ADMIN),
        ("Manager", Role.MANAGER),
        ("Standard", Role.MEMBER),
        ("Contractor", Role.VIEWER),
        (None, Role.VIEWER),
    ],
)
def test_the_crm_profile_gives_the_role(profile: str | None, role: Role) -> None:
    person = admit("U1", ANNA, CrmUser("7", "Anna Snelling", profile), ACCESS)
    assert (person.role, person.crm_user_id, person.name, person.refusal) == (
        role,
        "7",
        "Anna Snelling",
        None,
    )


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        (None, "does not say who you are"),
        (SlackProfile("Gail", "gail@partner.example", is_guest=True, is_bot=False), "Guests"),
        (SlackProfile("Zapper", None, is_guest=False, is_bot=True), "Other apps"),
    ],
)
def test_guests_apps_and_strangers_are_refused_even_with_a_crm_user(
    profile: SlackProfile | None, said: str
) -> None:
    person = admit("U1", profile, CrmUser("7", "Anna Snelling", "Administrator"), ACCESS)
    assert person.role is Role.NOBODY
    assert person.crm_user_id is None
    assert said in (person.refusal or "")


class Slack:
    """A directory that can be away."""

    def __init__(self) -> None:
        self.profiles = {"UANNA": ANNA}
        self.asked = 0
        self.away = False

    def profile(self, slack_id: str) -> SlackProfile | None:
        self.asked += 1
        if self.away:
            raise SendLater
        return self.profiles.get(slack_id)


def add_user(database: Database, number: str, email: str, *, active: bool = True) -> None:
    with database.writes.begin() as connection:
        connection.execute(
            table_of(UserRow)
            .insert()
            .values(
                id=number, name=f"User {number}", email=email, profile="Standard", active=active, raw="{}"
            )
        )


@pytest.fixture
def people(database: Database) -> Callable[[], tuple[SqlPeople, Slack, SetClock]]:
    def make() -> tuple[SqlPeople, Slack, SetClock]:
        slack, clock = Slack(), SetClock()
        return SqlPeople(database, clock, slack, lambda: ACCESS), slack, clock

    return make


def test_slack_is_asked_once_in_five_minutes_and_anew_before_something_is_done(
    database: Database, people: Callable[[], tuple[SqlPeople, Slack, SetClock]]
) -> None:
    add_user(database, "7", "anna.snelling@bellwether.example")
    book, slack, clock = people()
    assert [book.person("UANNA").crm_user_id for _ in range(3)] == ["7", "7", "7"]
    assert slack.asked == 1
    clock.move(seconds=STALE.total_seconds() + 1)
    assert book.person("UANNA").may(Role.MEMBER)
    assert slack.asked == 2


def test_an_e_mail_of_two_users_or_of_one_who_left_matches_nobody(
    database: Database, people: Callable[[], tuple[SqlPeople, Slack, SetClock]]
) -> None:
    add_user(database, "7", "anna.snelling@bellwether.example", active=False)
    book, _, _ = people()
    assert book.person("UANNA").role is Role.NOBODY
    assert book.unmatched() == [("Anna", "Anna.Snelling@bellwether.example")]
    add_user(database, "8", "anna.snelling@bellwether.example")
    assert book.person("UANNA").crm_user_id == "8"
    assert book.unmatched() == []
    add_user(database, "9", "ANNA.SNELLING@bellwether.example")
    assert book.person("UANNA").role is Role.NOBODY


def test_when_slack_cannot_be_asked_nobody_is_let_in(
    database: Database, people: Callable[[], tuple[SqlPeople, Slack, SetClock]]
) -> None:
    add_user(database, "7", "anna.snelling@bellwether.example")
    book, slack, _ = people()
    slack.away = True
    person = book.person("UANNA")
    assert person.role is Role.NOBODY
    assert "cannot be asked" in (person.refusal or "")
