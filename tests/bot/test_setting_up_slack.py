"""Setting up and examining Slack: what is asked for, the app's manifest, scopes, clock, address."""

from __future__ import annotations

import json
import re
import stat
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from pydantic import SecretStr
from slack_sdk import WebClient

from bot.app.errors import ConfigurationError, UserError
from bot.runtime.doctor import _tried as tried
from bot.runtime.setup import Elsewhere, check_place, environment_of, wanted, write_environment
from bot.runtime.slack_checks import (
    said_of_address,
    said_of_clock,
    said_of_scopes,
    send_test_message,
    slack_checks,
)
from bot.runtime.slack_manifest import link_for, manifest_for
from bot.runtime.wiring import Bellwether
from bot.runtime.zoho_sign_in import SCOPES as SIGN_IN
from bot.runtime.zoho_sign_in import refresh_token_of
from bot.settings import Settings, SlackSettings
from bot.slack.installing import SCOPES
from connector.errors import NeedsPerson, NotConsented
from connector.zoho.regions import region
from sandbox.slack.serve import running
from sandbox.zoho.serve import running as running_zoho

URL = "https://bw.example"


def names(*, over_http: bool = False, by_page: bool = False) -> list[str]:
    return [one.name for one in wanted(over_http=over_http, by_page=by_page) if "zoho" not in one.name]


def test_what_is_asked_for_follows_from_the_way() -> None:
    assert names() == ["slack.app_token", "slack.bot_token"]
    assert names(over_http=True) == ["public_url", "slack.signing_secret", "slack.bot_token"]
    page = ["slack.client_id", "slack.client_secret"]
    assert names(over_http=True, by_page=True) == ["public_url", "slack.signing_secret", *page]
    assert names(by_page=True) == ["public_url", "slack.app_token", *page]


def test_the_environment_is_ours_alone_and_there_is_one(tmp_path: Path) -> None:
    file = tmp_path / "env"
    write_environment(file, environment_of({"public_url": URL}))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert f'BELLWETHER_PUBLIC_URL="{URL}"' in file.read_text()
    with pytest.raises(ConfigurationError, match="exists"):
        check_place(file)
    with pytest.raises(ConfigurationError, match="Nothing can be written in"):
        check_place(tmp_path / "missing" / "env")


def test_what_cannot_be_right_is_said_in_a_sentence() -> None:
    asked = {one.name: one for one in wanted()}
    assert asked["slack.app_token"].problem("xoxb-1") == "It has to begin with xapp-. Copy it again."
    assert "us, eu" in str(asked["zoho.region"].problem("xx"))
    assert asked["zoho.client_id"].problem("") == "It cannot be empty."
    assert "quotation mark" in str(asked["zoho.client_secret"].problem('a"b'))
    assert asked["slack.bot_token"].problem("xoxb-1") is None
    elsewhere = Elsewhere("http://127.0.0.1:1/", "http://127.0.0.1:2")
    assert "zoho.region" not in [one.name for one in wanted(elsewhere=elsewhere)]
    assert elsewhere.settings() == {
        "zoho.accounts_url": "http://127.0.0.1:1",
        "slack.api_url": "http://127.0.0.1:2/api/",
    }


@pytest.mark.parametrize("url", ["nonsense", "nosuch://here/name", "mysql://here/name"])
def test_what_is_no_database_is_said_in_a_sentence(url: str) -> None:
    product = Bellwether(Settings(_env_file=None, database_url=url))  # type: ignore[call-arg]
    with pytest.raises(ConfigurationError, match="is not the address of a database"):
        product.prepare()


def test_a_code_of_a_self_client_becomes_a_refresh_token() -> None:
    with running_zoho() as zoho:
        here = region("us", zoho.base_url)
        asked = {"response_type": "code", "client_id": "1000.SANDBOXCLIENT", "access_type": "offline"}
        page = requests.get(
            f"{zoho.base_url}/oauth/v2/auth", params={**asked, "scope": ",".join(SIGN_IN)}, timeout=10
        )
        code = re.findall(r"<code>(.*?)</code>", page.text)[0]

        def taken(pasted: str, secret: str = "sandbox-secret") -> str:
            return refresh_token_of(here, "1000.SANDBOXCLIENT", secret, pasted, datetime.now(UTC))

        token = taken(code)
        assert token.startswith("1000.")
        assert token != code
        assert taken(token) == token
        with pytest.raises(NotConsented, match="neither as a code nor as a refresh token"):
            taken(code)  # once only
        with pytest.raises(NeedsPerson, match="client secret"):
            taken(token, "wrong")


def test_the_link_makes_the_app_with_every_address() -> None:
    manifest = json.loads(parse_qs(urlsplit(link_for(f"{URL}/")).query)["manifest_json"][0])
    assert manifest == manifest_for(URL)
    assert manifest["settings"]["socket_mode_enabled"] is False
    addresses = {
        manifest["features"]["slash_commands"][0]["url"],
        manifest["settings"]["event_subscriptions"]["request_url"],
        manifest["settings"]["interactivity"]["request_url"],
    }
    assert addresses == {f"{URL}/slack/events"}
    assert manifest["oauth_config"]["redirect_urls"] == [f"{URL}/slack/oauth_redirect"]
    assert manifest_for(None)["settings"]["socket_mode_enabled"] is True
    assert set(manifest_for(None)["oauth_config"]["scopes"]["bot"]) == set(SCOPES)


def test_scopes_are_those_of_the_manifest() -> None:
    have = ", ".join(SCOPES)
    assert said_of_scopes(have) == "as in the manifest"
    assert "not needed: team:read" in said_of_scopes(f"{have},team:read")
    with pytest.raises(UserError, match=r"The app lacks im:write\."):
        said_of_scopes(have.replace("im:write, ", ""))


def test_a_clock_that_is_off() -> None:
    assert said_of_clock(-20.0) == "within 60 seconds of Slack's"
    with pytest.raises(UserError, match="90 seconds slow"):
        said_of_clock(-90.0)


class _Door(BaseHTTPRequestHandler):
    status = 401

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@pytest.fixture
def door() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Door) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def over_http(url: str | None) -> Settings:
    slack = SlackSettings(signing_secret=SecretStr("s"), client_id="1.2", client_secret=SecretStr("c"))
    return Settings(_env_file=None, public_url=url, slack=slack)  # type: ignore[call-arg]


def test_the_address_leads_here_or_it_is_said(door: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert said_of_address(over_http(door)) == f"{door} leads here; redirect URL {door}/slack/oauth_redirect"
    monkeypatch.setattr(_Door, "status", 404)
    with pytest.raises(ConfigurationError, match=r"somebody else answers \(404\)"):
        said_of_address(over_http(door))
    for wrong in (None, "http://bw.example"):
        with pytest.raises(ConfigurationError, match="address"):
            said_of_address(over_http(wrong))
    assert "not reached from here" in said_of_address(over_http("http://127.0.0.1:9"))


def test_a_slack_is_examined_and_written_to() -> None:
    with running() as server:
        slack = WebClient("xoxb-sandbox-bot", base_url=f"{server.base_url}/api/")
        checks = {one.name: one for one in slack_checks(slack, over_http(None), tried)}
        assert list(checks) == ["slack", "slack scopes", "clock", "public address"]
        assert checks["slack"].ok
        assert checks["clock"].ok
        assert not checks["public address"].ok
        assert send_test_message(slack, "CSALES") == "it stands there"
        wrong = WebClient("xoxb-wrong", base_url=f"{server.base_url}/api/")
        assert [one.ok for one in slack_checks(wrong, over_http(None), tried)] == [False]
