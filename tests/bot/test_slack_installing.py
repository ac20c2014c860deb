"""Installing the app from a page against the sandbox's Slack, being removed, and coming back."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from cryptography.fernet import Fernet
from pydantic import SecretStr
from ruamel.yaml import YAML
from sqlalchemy import text

from bot.runtime.doctor import examine
from bot.runtime.logs import configure_logs
from bot.runtime.wiring import Bellwether
from bot.settings import Settings, SlackSettings
from bot.slack.installing import SCOPES, STATE_SECONDS, SignedStates
from bot.store.once import SqlUsedOnce
from bot.store.outbox import put_message
from connector.cache.engine import Database
from sandbox.demo.children import free_port
from sandbox.slack.serve import running
from sandbox.slack.world import CLIENT_ID, CLIENT_SECRET, SIGNING_SECRET
from tests.support.moved_clock import SetClock
from tests.support.processes import await_that
from tests.support.slack_http import http_manifest, served
from tests.support.slack_sandbox import MANIFEST, Person

COOKIE = "slack-app-oauth-state"


@dataclass
class Here:
    """A deployment that is reached at ``url``, and its Slack."""

    bellwether: Bellwether
    url: str
    slack: str
    log: io.StringIO = field(repr=False)

    def begin(self) -> tuple[str, str]:
        """Start: Slack's address, and the browser's cookie."""
        answer = requests.get(f"{self.url}/slack/install", allow_redirects=False, timeout=10)
        assert answer.status_code == 302
        assert "Secure" in answer.headers["Set-Cookie"]
        assert "HttpOnly" in answer.headers["Set-Cookie"]
        found = re.search(rf"{COOKIE}=([^;]+)", answer.headers["Set-Cookie"])
        assert found is not None
        return answer.headers["Location"], found[1]

    def allow(self, address: str, **answer: str) -> str:
        """Slack's page, answered: where it sends the browser."""
        page = requests.get(address, timeout=10)
        assert page.status_code == 200
        for scope in SCOPES:
            assert scope in page.text
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        asked = f"{self.slack}/oauth/v2/answer?{urlencode(query | {'allow': '1'} | answer)}"
        return requests.get(asked, allow_redirects=False, timeout=10).headers["Location"]

    def come_back(self, address: str, cookie: str) -> requests.Response:
        return requests.get(address, headers={"Cookie": f"{COOKIE}={cookie}"}, timeout=10)

    def install(self, **answer: str) -> requests.Response:
        address, cookie = self.begin()
        return self.come_back(self.allow(address, **answer), cookie)

    def put(self, key: str, channel: str = "COPS") -> None:
        """A message that waits to be delivered."""
        now = self.bellwether.clock.now()
        with self.bellwether.database.writes.begin() as connection:
            put_message(connection, key=key, kind="text", channel=channel, payload={"text": key}, now=now)

    def said(self) -> list[str]:
        return [one["text"] for one in Person(self.slack, "UMELVIN").messages("COPS")]

    def deliver(self) -> None:
        """Everything that can be delivered; the pace of a channel is a second."""

        def drained() -> bool:
            self.bellwether.slack_parts.deliver_one()
            return self.bellwether.outbox.depth()[0] == 0

        await_that(drained, 15, "everything is delivered")

    def token(self) -> str:
        found = self.bellwether.slack_parts.workspace.token()
        assert found is not None
        return found


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Here]:
    with ExitStack() as stack:
        port = free_port(0)
        url = f"http://127.0.0.1:{port}"
        slack = stack.enter_context(running(manifest=http_manifest(tmp_path, url))).base_url
        own = SlackSettings(
            api_url=f"{slack}/api/",
            client_id=CLIENT_ID,
            client_secret=SecretStr(CLIENT_SECRET),
            signing_secret=SecretStr(SIGNING_SECRET),
        )
        settings = Settings(
            database_url=f"sqlite:///{tmp_path / 'b.sqlite'}",
            secret_key=SecretStr(Fernet.generate_key().decode()),
            config_file=tmp_path / "none.yaml",
            public_url=url,
            slack=own,
        )
        assert settings.slack_over_http
        before = logging.getLogger().handlers[:]
        stack.callback(lambda: logging.getLogger().handlers.__setitem__(slice(None), before))
        configure_logs("json", logging.DEBUG)
        log = io.StringIO()
        handler: Any = logging.getLogger().handlers[0]
        handler.setStream(log)
        bellwether = Bellwether(settings)
        bellwether.prepare()
        stack.callback(bellwether.database.close)
        connection = bellwether.slack_parts.connection()
        routes = [*connection.routes(), *bellwether.slack_parts.install_routes()]
        stack.enter_context(served(routes, port))
        connection.start()
        stack.callback(connection.stop)
        yield Here(bellwether, url, slack, log)


def test_the_scopes_are_those_of_the_manifest() -> None:
    document = YAML(typ="safe").load(MANIFEST.read_text(encoding="utf-8"))
    assert tuple(document["oauth_config"]["scopes"]["bot"]) == SCOPES


def test_from_nothing_to_an_answer(here: Here) -> None:
    assert here.bellwether.slack_parts.check().advice == f"Install it at {here.url}/slack/install."
    done = here.install()
    assert done.status_code == 200
    assert "Bellwether is installed in Maven Hardware." in done.text
    assert "no-store" in done.headers["Cache-Control"]
    token = here.token()
    darcel = Person(here.slack)
    darcel.say("DDARCEL", "help")
    await_that(lambda: len(darcel.messages("DDARCEL")) > 1, 15, "an answer")
    held = here.bellwether.slack_parts.installations.current()
    assert held is not None
    assert (held.team_id, held.installed_by, held.bot_user_id) == ("T0SANDBOX", "UADA", "UBELLWETHER")
    checks = {one.name: one for one in examine(here.bellwether)}
    assert checks["slack"].detail == "bellwether in Maven Hardware"
    assert checks["slack over HTTP"].detail == f"Slack calls {here.url}/slack/events"
    with here.bellwether.database.reads.begin() as connection:
        rows = str(connection.execute(text("SELECT * FROM slack_installation")).all())
        rows += str(connection.execute(text("SELECT * FROM audit")).all())
    for seen in (here.log.getvalue(), rows, done.text, str(checks)):
        assert token not in seen
        assert CLIENT_SECRET not in seen


def test_a_state_is_for_one_browser_and_one_use(here: Here) -> None:
    address, cookie = here.begin()
    back = here.allow(address)
    assert here.come_back(back, "another").status_code == 400
    assert "Begin again at /slack/install." in here.come_back(back, "another").text
    assert requests.get(back, timeout=10).status_code == 400
    assert here.come_back(back, cookie).status_code == 200
    token = here.token()
    again = here.come_back(here.allow(address), cookie)
    assert again.status_code == 401
    assert "was finished before" in again.text
    assert here.token() == token


@pytest.mark.parametrize("state", ["", "x", "a.b", "a.1.b", "<script>alert(1)</script>", "é.é"])
def test_a_state_that_is_not_ours_is_refused(here: Here, state: str) -> None:
    query = urlencode({"code": "x", "state": state})
    answer = here.come_back(f"{here.url}/slack/oauth_redirect?{query}", state if state.isascii() else "x")
    assert answer.status_code in {400, 401}
    assert "<script>" not in answer.text
    assert here.bellwether.slack_parts.workspace.token() is None


def test_somebody_changes_their_mind(here: Here) -> None:
    answer = here.install(allow="0")
    assert answer.status_code == 400
    assert "cancelled in Slack" in answer.text


def test_what_slack_says_of_a_failure_is_not_repeated(here: Here) -> None:
    answer = requests.get(f"{here.url}/slack/oauth_redirect?error=<b>canary</b>", timeout=10)
    assert answer.status_code == 400
    assert "canary" not in answer.text
    address, cookie = here.begin()
    wrong = re.sub(r"code=[^&]+", "code=canary-code", here.allow(address))
    assert here.come_back(wrong, cookie).status_code == 401
    assert "canary" not in here.log.getvalue()


def test_another_workspace_is_refused_in_a_sentence_and_its_token_given_back(here: Here) -> None:
    here.install()
    token = here.token()
    refused = here.install(workspace="other")
    assert refused.status_code == 409
    assert "serves another Slack workspace already" in refused.text
    assert here.token() == token
    calls = requests.get(f"{here.slack}/_sandbox/calls?method=auth.revoke", timeout=10).json()["calls"]
    assert len(calls) == 1


def test_the_app_is_removed_and_nothing_is_lost_until_it_is_back(here: Here) -> None:
    here.install()
    parts = here.bellwether.slack_parts
    here.put("first")
    here.deliver()
    Person(here.slack).post("uninstall")
    await_that(lambda: not parts.is_installed(), 15, "the token is forgotten")
    here.put("second")
    for _ in range(5):
        assert not parts.deliver_one()
    assert here.said() == ["first"]
    assert [one.name for one in here.bellwether.incidents.open_ones()] == ["slack app"]
    here.install()
    here.deliver()
    assert here.said()[:2] == ["first", "second"]
    (told,) = here.said()[2:]
    assert told.startswith("✅ Works again")
    assert "removed from the Slack workspace" in told


def test_a_revoked_token_that_nobody_told_us_of_costs_no_message(here: Here) -> None:
    here.install()
    requests.post(
        f"{here.slack}/api/auth.revoke", headers={"Authorization": f"Bearer {here.token()}"}, timeout=10
    )
    here.put("kept")
    assert here.bellwether.slack_parts.deliver_one()
    assert not here.bellwether.slack_parts.is_installed()
    (line,) = here.bellwether.outbox.lines()
    assert line.state == "pending"
    here.install()
    assert here.bellwether.slack_parts.is_installed()
    assert here.bellwether.incidents.open_ones() == []


def test_states_expire_and_survive_a_change_of_keys(database: Database) -> None:
    clock = SetClock()
    now = [1_000_000.0]
    once = SqlUsedOnce(database, clock)
    former, later = SignedStates(["a"], once, lambda: now[0]), SignedStates(["b", "a"], once, lambda: now[0])
    state, other = former.issue(), former.issue()
    assert later.consume(state)
    assert not former.consume(state)
    assert not SignedStates(["b"], once, lambda: now[0]).consume(other)
    now[0] += STATE_SECONDS
    assert not former.consume(other)
