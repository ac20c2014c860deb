"""The installation in the database: sealed, of one workspace, gone when the app is removed."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from bot.app.errors import UserError
from bot.app.installing import Installation, check_workspace, is_bot_token_revoked
from bot.store.installations import SqlInstallations
from bot.store.sealing import reseal
from connector.cache.engine import Database
from tests.support.moved_clock import SetClock

TOKEN = "xoxb-not-to-be-seen"
KEY, LATER_KEY = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def installation(team: str = "T0", token: str = TOKEN) -> Installation:
    return Installation(team, f"Name of {team}", token, "A0", "B0", "U0", "chat:write", "UADA")


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def installations(database: Database, clock: SetClock) -> SqlInstallations:
    return SqlInstallations(database, clock, [KEY])


def test_before_the_first_one_there_is_none(installations: SqlInstallations) -> None:
    assert installations.current() is None
    assert not installations.is_unreadable()


def test_the_token_comes_back_and_is_not_seen_elsewhere(
    installations: SqlInstallations, database: Database
) -> None:
    installations.save(installation())
    held = installations.current()
    assert held == installation()
    with database.reads.begin() as connection:
        rows = str(connection.execute(text("SELECT * FROM slack_installation")).all())
    for shown in (repr(held), str(held), f"{installations!r}", str(vars(installations)), rows):
        assert TOKEN not in shown


def test_installing_again_takes_the_place(installations: SqlInstallations) -> None:
    installations.save(installation())
    installations.save(installation(token="xoxb-newer"))
    held = installations.current()
    assert held is not None
    assert held.token == "xoxb-newer"


def test_another_workspace_is_refused_even_after_the_first_has_left(
    installations: SqlInstallations, clock: SetClock
) -> None:
    installations.save(installation())
    with pytest.raises(UserError, match="serves another Slack workspace") as refused:
        installations.save(installation("T1", "xoxb-other"))
    assert "xoxb-other" not in str(refused.value)
    clock.move(seconds=10)
    assert installations.remove("T0", clock.now())
    with pytest.raises(UserError):
        installations.save(installation("T1"))
    assert installations.current() is None


def test_the_settings_may_name_the_workspace(installations: SqlInstallations) -> None:
    with pytest.raises(UserError):
        installations.save(installation("T1"), wanted="T0")
    assert installations.current() is None
    installations.save(installation("T0"), wanted="T0")


def test_an_organisation_is_no_workspace() -> None:
    with pytest.raises(UserError, match="choose a workspace"):
        check_workspace("", None)


def test_of_workspaces_that_come_together_one_stays(database: Database, clock: SetClock) -> None:
    refused: list[str] = []

    def install(team: str) -> None:
        try:
            SqlInstallations(database, clock, [KEY]).save(installation(team))
        except UserError:
            refused.append(team)

    threads = [threading.Thread(target=install, args=(f"T{one}",)) for one in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held = SqlInstallations(database, clock, [KEY]).current()
    assert held is not None
    assert sorted([*refused, held.team_id]) == ["T0", "T1", "T2", "T3", "T4"]


def test_a_removal_is_news_once_and_never_ends_a_later_installation(
    installations: SqlInstallations, clock: SetClock
) -> None:
    installations.save(installation())
    clock.move(seconds=60)
    removed = clock.now()
    assert not installations.remove("T1", removed)
    assert installations.remove("T0", removed)
    assert not installations.remove("T0", removed)
    clock.move(seconds=60)
    installations.save(installation(token="xoxb-newer"))
    assert not installations.remove("T0", removed + timedelta(seconds=1))
    assert installations.current() is not None


def test_a_token_that_slack_does_not_know_is_dropped_unless_there_is_another(
    installations: SqlInstallations,
) -> None:
    installations.save(installation())
    assert not installations.discard("xoxb-older")
    assert installations.discard(TOKEN)
    assert not installations.discard(TOKEN)
    assert installations.current() is None


@pytest.mark.parametrize(
    ("tokens", "ours"),
    [({"bot": ["U1"]}, True), ({"oauth": ["U1"], "bot": []}, False), (None, False), ([], False)],
)
def test_only_the_bots_own_token_counts(tokens: object, ours: bool) -> None:
    assert is_bot_token_revoked({"type": "tokens_revoked", "tokens": tokens}) is ours


def test_keys_are_changed_in_three_steps(database: Database, clock: SetClock) -> None:
    SqlInstallations(database, clock, [KEY]).save(installation())
    both = SqlInstallations(database, clock, [LATER_KEY, KEY])
    assert both.current() == installation(), "the former key still opens"
    lost = SqlInstallations(database, clock, [LATER_KEY])
    assert lost.current() is None
    assert lost.is_unreadable()
    assert [one.unreadable for one in reseal(database, [LATER_KEY])] == [1, 0, 0, 0]
    assert both.current() == installation(), "what no key opens is left as it is"
    assert [one.resealed for one in reseal(database, [LATER_KEY, KEY], keep=False)] == [1, 0, 0, 0]
    assert lost.current() is None, "a rehearsal seals nothing"
    assert [one.resealed for one in reseal(database, [LATER_KEY, KEY])] == [1, 0, 0, 0]
    assert lost.current() == installation(), "the first key alone opens"
    assert SqlInstallations(database, clock, [KEY]).current() is None
