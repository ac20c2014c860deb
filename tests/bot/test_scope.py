"""Whose accounts somebody sees: decided from what is known, and kept to by everything that is sent."""

from __future__ import annotations

import itertools
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text, update

from bot.app.access import CrmUser, Known, admit
from bot.app.errors import SendLater, UserError
from bot.app.people import Person, Role
from bot.app.ports import SlackProfile
from bot.app.scope import EVERYTHING, NOTHING, Scope, Whose, seeing, seen_by, team_of
from bot.commands import exporting
from bot.language.question import Figure, Metric
from bot.runtime.access_checks import territory_checks
from bot.slack.client import web_client
from bot.slack.group_members import KEPT_SECONDS, GroupMembers
from bot.store.figures import SqlFigureBook
from bot.store.moves import SqlMoves
from bot.store.places import ACCOUNT
from bot.store.schema import migrate
from bot.store.seen_accounts import is_seen
from bot.store.territory_tables import AccountTerritoryRow
from connector.cache.engine import Database, open_database
from connector.cache.tables import AccountRow, FieldRow
from scoring.config import Access, Scopes
from scoring.criteria.tree import Always
from tests.support.account_world import CONFIGURATION
from tests.support.canary_world import ACCOUNTS, FAR, CanaryWorld, canary, hidden, slack_id
from tests.support.permission_deeds import Somebody
from tests.support.permission_matrix import Matrix
from tests.support.permission_surfaces import every_deed
from tests.support.postgres import create_tables
from tests.support.scoring_world import World
from tests.support.slack_api import RecordingSlack, recording_slack

ANNA = SlackProfile("Anna", "Anna@x.example", is_guest=False, is_bot=False)
WIDE = Access(
    people={"anna@x.example": "viewer"},
    user_groups={"@Sales-Leads": "manager", "interns": "viewer"},
    scopes=Scopes(viewer="own", member="territory", manager="team"),
)


@pytest.fixture(scope="module")
def slack() -> Iterator[RecordingSlack]:
    with recording_slack() as server:
        yield server


@pytest.fixture(scope="module")
def world(slack: RecordingSlack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CanaryWorld]:
    made = CanaryWorld(Path(tmp_path_factory.mktemp("canaries")), slack)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def logs() -> Iterator[None]:
    with structlog.testing.capture_logs():
        yield


def admitted(
    access: Access, groups: frozenset[str] | None, crm_profile: str | None, **known: object
) -> Person:
    user = CrmUser("7", "Anna", crm_profile, frozenset({"t1"}))
    return admit("U1", ANNA, user, access, Known(groups, **known))  # type: ignore[arg-type]


def test_a_name_counts_before_a_group_and_a_group_before_the_profile() -> None:
    unnamed = WIDE.model_copy(update={"people": {}})
    both = frozenset({"sales-leads", "interns"})
    found = [
        admitted(WIDE, both, "Administrator"),
        admitted(unnamed, both, "Administrator"),
        admitted(unnamed, frozenset({"interns"}), "Administrator"),
        admitted(unnamed, frozenset(), "Administrator"),
        admitted(unnamed, frozenset(), "Standard", territories_of_accounts=True),
        admitted(unnamed, frozenset(), "Contractor"),
    ]
    assert [(one.role.name, one.scope.whose.value) for one in found] == [
        ("VIEWER", "own"),
        ("MANAGER", "team"),
        ("VIEWER", "own"),
        ("ADMIN", "all"),
        ("MEMBER", "territory"),
        ("VIEWER", "own"),
    ]


def test_what_is_not_known_lets_nobody_in() -> None:
    unnamed = WIDE.model_copy(update={"people": {}})
    no_groups = admitted(unnamed, None, "Administrator")
    no_territories = admitted(unnamed, frozenset(), "Standard")
    assert [(one.role, one.scope) for one in (no_groups, no_territories)] == [(Role.NOBODY, NOTHING)] * 2
    assert "which user groups" in (no_groups.refusal or "")
    assert "no territories of accounts" in (no_territories.refusal or "")
    assert "scopes:" in (no_territories.refusal or "")


@given(st.dictionaries(st.integers(0, 8), st.none() | st.integers(0, 8)))
@settings(max_examples=60)
def test_a_team_is_everybody_whose_managers_lead_to_one(managers: dict[int, int | None]) -> None:
    named = {str(user): None if one is None else str(one) for user, one in managers.items()}

    def leads(user: str) -> bool:
        seen = set()
        while user not in seen and user != "0":
            seen.add(user)
            user = named.get(user) or user
        return user == "0"

    assert team_of("0", named) == {"0", *(user for user in named if leads(user))}


def test_groups_are_remembered_for_five_minutes_and_looked_up_anew_before_something_is_done(
    slack: RecordingSlack,
) -> None:
    now = [0.0]
    groups = GroupMembers(web_client("xoxb-test", slack.api_url), lambda: now[0])
    slack.groups = [
        {"handle": "Leads", "users": ["U1"]},
        {"handle": "gone", "users": ["U1"], "date_delete": 1},
    ]
    slack.calls.clear()
    assert [groups.of(one, anew=False) for one in ("U1", "U2")] == [{"leads"}, frozenset()]
    slack.groups = []
    now[0] = KEPT_SECONDS - 1
    assert groups.of("U1", anew=False) == {"leads"}
    assert len(slack.of("usergroups.list")) == 1
    assert groups.of("U1", anew=True) == frozenset()
    now[0] += KEPT_SECONDS + 1
    slack.faults["usergroups.list"] = [(429, {"Retry-After": "600"})]
    with pytest.raises(SendLater):
        groups.of("U1", anew=False)


def test_a_territory_is_read_alike_on_both_databases(database: Database) -> None:
    world, east = World(database), '{"Territories": [{"id": "e", "name": "East"}, {"id": "n"}]}'
    raws = {
        "east": east,
        "west": '{"Territories": [{"id": "w"}]}',
        "text": '{"Territories": "e"}',
        "texts": '{"Territories": ["e", 1, null]}',
        "none": '{"Territories": null}',
        "bare": "{}",
        "mine": "{}",
    }
    owners = {"mine": "u1"}
    world.add(*(AccountRow(id=one, owner_id=owners.get(one), raw=raw) for one, raw in raws.items()))

    def seen(scope: Scope) -> set[str]:
        query = select(ACCOUNT.c.id).where(is_seen(scope, database.dialect))
        with database.reads.connect() as connection:
            return set(connection.execute(query).scalars())

    me = frozenset({"u1"})
    assert seen(Scope(Whose.TERRITORY, me, frozenset({"e", "x"}))) == {"east", "mine"}
    assert seen(Scope(Whose.TERRITORY, me)) == {"mine"}
    assert seen(NOTHING) == set()
    assert seen(EVERYTHING) == set(raws)
    access = Access(scopes=Scopes(member="territory"))
    document = CONFIGURATION.model_copy(update={"access": access})
    (missing,) = territory_checks(database, document)
    assert (missing.ok, "no territories of accounts" in missing.detail) == (False, True)
    world.add(FieldRow(module="Accounts", api_name="Territories", label="T", data_type="territories"))
    (by_name,) = territory_checks(database, document)
    assert (by_name.ok, "2 accounts" in by_name.detail) == (False, True)
    with database.writes.begin() as connection:
        connection.execute(delete(ACCOUNT).where(ACCOUNT.c.id.in_(["text", "texts"])))
    assert [one.ok for one in territory_checks(database, document)] == [True]
    assert list(territory_checks(database, CONFIGURATION)) == []
    by_territory = Scope(Whose.TERRITORY, me, frozenset({"e", "n", "w"}))
    assert seen(by_territory) == {"east", "west", "mine"}
    with database.writes.begin() as connection:  # as Zoho says it by now
        connection.execute(update(ACCOUNT).where(ACCOUNT.c.id == "east").values(raw="{}"))
        connection.execute(update(ACCOUNT).where(ACCOUNT.c.id == "bare").values(raw=east))
        connection.execute(update(ACCOUNT).where(ACCOUNT.c.id == "bare").values(city="Rome"))
        connection.execute(delete(ACCOUNT).where(ACCOUNT.c.id == "west"))
    assert seen(by_territory) == {"bare", "mine"}
    assert len(world.rows(AccountTerritoryRow)) == 2
    both = replace(Scope(Whose.TERRITORY, me, frozenset({"e"})), also=(Scope(Whose.OWN, me),))
    assert seen(both) == {"mine"}


def test_a_migrated_database_keeps_territories_as_a_new_one_does(tmp_path: Path) -> None:
    """Without its triggers a scope by territory would see what is no longer so.

    PostgreSQL's migrations leave triggers alone.
    """
    migrated = open_database(f"sqlite:///{tmp_path / 'migrated.sqlite'}")
    migrate(migrated)
    create_tables(f"sqlite:///{tmp_path / 'new.sqlite'}")
    new = open_database(f"sqlite:///{tmp_path / 'new.sqlite'}")
    query = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'territory%'")
    found = []
    for one in (migrated, new):
        with one.reads.connect() as connection:
            found.append({row.name: row.sql for row in connection.execute(query)})
        one.close()
    assert found[0] == found[1]
    assert len(found[0]) == 3


def test_changes_of_accounts_that_are_not_seen_are_not_told(world: CanaryWorld) -> None:
    """What App Home shows of an owner: guarded, though people see their own accounts anyway."""
    moves = SqlMoves(world.database, lambda _account: None)
    assert {one.account_id for one in moves.recent("member", 9)} == {"aTolmund"}
    with seen_by(Scope(Whose.OWN, frozenset({"viewer"}))):
        assert moves.recent("member", 9) == ()


def test_words_of_accounts_that_are_not_seen_are_not_known(world: CanaryWorld) -> None:
    """Stages too: what somebody types is told from these, and offered to them."""
    with seen_by(Scope(Whose.OWN, frozenset({"member"}))):
        words = world.bellwether.book.words()
    own = canary("Tolmund")
    assert f"{own} stage" in words.values["stage"]
    assert f"{own}ville" in words.values["city"]
    said = repr(words)
    assert [nick for nick in ACCOUNTS if canary(nick) in said] == ["Tolmund"]


def test_sums_are_over_what_is_seen_and_an_account_that_is_not_seen_is_none(world: CanaryWorld) -> None:
    world.see("own")
    member = world.bellwether.people.person(slack_id("member"))
    own = f"Tolmund {canary('Tolmund')}"
    asking = world.services.asking
    for question, total in (
        ("all accounts", 1),
        ("how many accounts per city?", 1),
        ("who left Top this month?", 1),
    ):
        assert asking.ask(question, member).total == total
    assert [one.name for one in asking.ask("all accounts", member).accounts] == [own]
    figures = SqlFigureBook(world.database, world.bellwether.configuration, world.world.clock)
    with seen_by(member.scope):
        revenue = figures.figure(Always(), Figure(Metric.REVENUE))
    assert [(one.value, one.records) for one in revenue] == [(15_000_00, 1)]
    assert seeing() == EVERYTHING
    assert figures.figure(Always(), Figure(Metric.REVENUE))[0].value == 10 * 15_000_00
    there, nowhere = (asking.ask(f"how is {name} doing?", member).not_understood for name in (FAR, "Zurell"))
    assert there is not None
    assert nowhere is not None
    assert there.reason.replace(FAR, "Zurell") == nowhere.reason
    assert there.readings == nowhere.readings
    with seen_by(member.scope):
        assert world.bellwether.book.card(f"a{FAR}") is None
        with pytest.raises(UserError, match="not in the copy"):
            world.bellwether.scoring.recommending.recommend_to(f"a{FAR}")
    with pytest.raises(UserError, match="not known any more"):
        world.services.alerts.acknowledge(world.alert_of(FAR), member)
    assert {one.state for one in world.world.alerts()} == {"open"}


def test_nobody_is_sent_a_word_of_an_account_that_they_do_not_see(world: CanaryWorld) -> None:
    """A cut of ``python -m benchmarks.permissions``: deeds once each, by people and in places that change."""
    some = [one for one in every_deed() if not one.name.startswith("commands")]
    matrix = Matrix(world)
    who = itertools.cycle(
        itertools.product(
            ("manager", "member", "viewer"), ("own", "territory", "team"), ("private", "direct")
        )
    )
    try:
        for deed in some:
            role, scope, kind = next(who)
            world.see(scope)
            matrix.one(deed, Somebody(role, scope, "anywhere" if deed.anywhere else kind))
        in_channels = [one for one in some if not one.anywhere]
        for deed, role in zip(
            in_channels[::12], itertools.cycle(("guest", "admin", "stranger")), strict=False
        ):
            matrix.one(deed, Somebody(role, "team", "shared"))
    finally:
        matrix.close()
        world.restore()
    assert matrix.found.leaks == []
    assert all(matrix.found.told[role] > 10 for role in ("manager", "member", "viewer"))
    assert set(ACCOUNTS) > hidden("manager", "own")


def test_an_export_at_the_terminal_has_the_accounts_that_its_person_sees(
    world: CanaryWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    world.see("own")
    monkeypatch.setattr(exporting, "opened", lambda: world.bellwether)
    exporting.export(as_email="manager@x.example", out=tmp_path / "mine.zip", as_json=True)
    with zipfile.ZipFile(tmp_path / "mine.zip") as archive:
        text = archive.read("accounts.csv").decode()
    assert {nick for nick in ACCOUNTS if nick in text} == ACCOUNTS.keys() - hidden("manager", "own")
