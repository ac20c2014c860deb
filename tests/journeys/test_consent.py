"""A person connects their Zoho on App Home, and what they do in Slack is theirs in the CRM: all over HTTP."""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import text

from bot.app.ports import NamedAccount
from bot.runtime.consent_parts import PATH
from bot.runtime.wiring import Bellwether
from bot.settings import Settings, SlackSettings, ZohoSettings
from bot.slack.addressing import SlackLookup
from bot.slack.gateway import SlackGateway
from bot.store.account_notes import SqlAccountNotes
from connector.cache.engine import open_database
from connector.cache.tables import UserRow
from sandbox.demo.children import free_port
from sandbox.demo.transcript import view_text
from sandbox.slack.serve import running as running_slack
from sandbox.zoho.serve import running as running_zoho
from tests.support.acting_world import Office
from tests.support.postgres import create_tables
from tests.support.scoring_world import BANDS, World
from tests.support.slack_http import served
from tests.support.slack_sandbox import MANIFEST, Json, Person, client_of, until
from tests.support.zoho_access import SANDBOX
from tests.support.zoho_client import ZohoHttp

ALERTS = "CALERTS"
ADMINISTRATOR = "Ada Lindqvist"


@dataclass
class Stage:
    """The two sandboxes with the wired product between them, and one alert in Slack."""

    bellwether: Bellwether
    slack_url: str
    zoho: ZohoHttp
    office: Office
    account: str
    users: dict[str, str]  # the CRM's ids by name

    def person(self, slack_id: str) -> Person:
        return Person(self.slack_url, slack_id)

    def home(self, slack_id: str, holds: str) -> Json:
        """App Home of a person, once it shows something."""
        person = self.person(slack_id)
        person.post("open_home")
        return until(
            lambda: home if (home := person.state()["home"]) and holds in view_text(home) else None,
            f"no home with {holds!r}",
        )

    def ways(self, slack_id: str) -> list[str]:
        """The addresses of Zoho's page in somebody's direct messages, the newest last."""
        person = self.person(slack_id)
        buttons = [
            element
            for message in person.messages(person.dm)
            for block in message.get("blocks") or ()
            for element in block.get("elements") or ()
        ]
        return [str(one["url"]) for one in buttons if one.get("action_id") == "zoho_open"]

    def way(self, slack_id: str) -> str:
        """Press the button on App Home; the address of Zoho's page."""
        before = len(self.ways(slack_id))
        home = self.home(slack_id, "Connect my Zoho")
        self.person(slack_id).post("click", view_id=home["id"], action_id="zoho_connect")
        return until(lambda: self.ways(slack_id)[before:], "no way to Zoho")[0]

    def answer(self, way: str, name: str, link: str = "accept") -> str:
        """Zoho's page as somebody sees it: where their answer leads."""
        page = requests.get(f"{way}&sandbox_user={self.users[name]}", timeout=10)
        found = re.search(rf'id="{link}" href="([^"]+)"', page.text)
        assert found is not None, page.text
        return html.unescape(found[1])

    def connect(self, slack_id: str, name: str) -> None:
        done = requests.get(self.answer(self.way(slack_id), name), timeout=10)
        assert (done.status_code, "Connected." in done.text) == (200, True)

    def note(self, slack_id: str, said: str) -> dict[str, Any]:
        """Have a note written, and do the job; the note in the CRM."""
        of = self.bellwether
        person = of.people.person_now(slack_id)
        named = of.services.alerts.to_act_on(self.office.alert_id, "note", person)[0].account_name
        kept = SqlAccountNotes(of.database, of.clock)
        assert kept.keep(NamedAccount(self.account, named), person, said, said)
        self.work()
        shown = requests.get(
            f"{self.zoho.base_url}/_sandbox/records/Notes", params={"limit": 10_000}, timeout=10
        )
        every = [one["values"] for one in shown.json()["records"]]
        return next(one for one in every if (one.get("Note_Content") or "").startswith(said))

    def renewals(self) -> int:
        """How often Zoho's token endpoint was asked."""
        calls = requests.get(f"{self.zoho.base_url}/_sandbox/calls", timeout=10).json()["calls"]
        return int(calls.get("POST /oauth/v2/token", 0))

    def work(self) -> None:
        """Do the jobs of writing, and deliver what is to be told directly."""
        of = self.bellwether
        loop = of.acting.loop(of.jobs, of.holder, of.incidents)
        while loop.step():
            pass

    def told(self, slack_id: str) -> list[str]:
        """What waits in the outbox, or went, to the CRM user of somebody."""
        person = self.bellwether.people.person(slack_id)
        query = text("SELECT payload FROM outbox WHERE channel = :channel ORDER BY id")
        with self.bellwether.database.reads.begin() as connection:
            found = connection.execute(query, {"channel": f"person:{person.crm_user_id}"})
            return list(found.scalars())


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    url = f"sqlite:///{tmp_path_factory.mktemp('consent') / 'bellwether.sqlite'}"
    create_tables(url)
    with ExitStack() as stack:
        zoho = ZohoHttp(stack.enter_context(running_zoho()).base_url)
        stack.callback(zoho.close)
        zoho.refresh()
        slack = stack.enter_context(running_slack(manifest=MANIFEST)).base_url
        database = stack.enter_context(closing(open_database(url)))
        port = free_port(0)
        bellwether = Bellwether(settings(url, zoho.base_url, slack, f"http://127.0.0.1:{port}"))
        stack.callback(bellwether.database.close)
        bellwether.zoho.tokens.current()
        account = str(requests.get(f"{zoho.base_url}/_sandbox/accounts", timeout=10).json()[0]["id"])
        web = client_of(slack)
        office = Office(
            World(database),
            account=account,
            document=BANDS.replace('"#cs"', '"#cs-alerts"'),
            chat=SlackGateway(web),
            lookup=SlackLookup(web),
            pace_seconds=1.05,
        )
        people = zoho.get("/crm/v8/users", type="AllUsers").json()["users"]
        for one in people:
            profile = one["profile"]["name"]
            office.world.add(
                UserRow(
                    id=str(one["id"]), name=one["full_name"], email=one["email"], profile=profile, raw="{}"
                )
            )
        stack.enter_context(served(bellwether.consent_parts.routes(), port))
        connection = bellwether.slack_parts.connection()
        connection.start()
        stack.callback(connection.stop)
        until(connection.is_connected, "the product did not connect")
        users = {one["full_name"]: str(one["id"]) for one in people}
        yield Stage(bellwether, slack, zoho, office, account, users)


def settings(url: str, zoho: str, slack: str, here: str) -> Settings:
    return Settings(
        database_url=url,
        secret_key=SecretStr(Fernet.generate_key().decode()),
        public_url=here,
        slack=SlackSettings(
            bot_token=SecretStr("xoxb-sandbox-bot"),
            app_token=SecretStr("xapp-sandbox-app"),
            api_url=f"{slack}/api/",
        ),
        zoho=ZohoSettings(
            accounts_url=zoho,
            client_id=SANDBOX.client_id,
            client_secret=SecretStr(SANDBOX.client_secret),
            refresh_token=SecretStr(SANDBOX.refresh_token),
            consent_client_id=SANDBOX.client_id,
            consent_client_secret=SecretStr(SANDBOX.client_secret),
        ),
    )


def test_click_consent_and_assign_as_oneself(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    way = stage.way("UANNA")
    assert "ZohoCRM.modules.ALL" not in way
    before = stage.renewals()
    back = stage.answer(way, "Anna Snelling")
    assert back.startswith(f"{stage.bellwether.consent_parts.redirect_uri}?")
    done = requests.get(back, timeout=10)
    assert (done.status_code, done.headers["Referrer-Policy"]) == (200, "no-referrer")
    again = requests.get(back, timeout=10)
    assert (again.status_code, "was used before" in again.text) == (400, True)
    assert "Connected" in stage.told("UANNA")[-1]
    stage.home("UANNA", "stand in Zoho CRM as yours")

    alert = next(one for one in stage.person("UANNA").messages(ALERTS) if "Account big" in one["text"])
    stage.person("UANNA").press(alert, "alert_assign")
    form = until(lambda: next(iter(stage.person("UANNA").state()["modal"]), None), "no form was opened")
    darcel = stage.users["Darcel Schlecht"]
    given: dict[str, Json] = {"whom": {"crm_user": darcel}, "owner": {"given": ["owner_too"]}}
    assert stage.person("UANNA").post("submit", view_id=form["id"], values=given) == {"ok": True}
    stage.work()
    record = stage.zoho.get(f"/crm/v8/Accounts/{stage.account}").json()["data"][0]
    assert record["Owner"]["id"] == darcel
    assert record["Modified_By"]["id"] == stage.users["Anna Snelling"]
    assert stage.note("UANNA", "They are slow.")["Created_By"]["id"] == stage.users["Anna Snelling"]
    outcomes = [one.outcome for one in stage.bellwether.audit.lines()]
    assert f"done: {stage.account}, written as Anna Snelling" in outcomes

    held = stage.bellwether.consent_parts.kept.held("UANNA")
    assert held is not None
    dump = "\n".join(stage.bellwether.database.reads.connect().connection.driver_connection.iterdump())  # type: ignore[union-attr]
    for seen in (dump, caplog.text, done.text, again.text):
        assert held.refresh_token not in seen
        assert back.partition("state=")[2] not in seen
    assert stage.bellwether.consent_parts.check().startswith("1 write as themselves")
    assert stage.renewals() - before == 2, "the code, and one renewal for both jobs"

    home = stage.home("UANNA", "Disconnect my Zoho")
    stage.person("UANNA").post("click", view_id=home["id"], action_id="zoho_disconnect")
    until(lambda: stage.bellwether.consent_parts.kept.held("UANNA") is None, "still connected")
    until(lambda: _is_refused(stage, held.refresh_token), "Zoho was not told")
    stage.home("UANNA", "Connect my Zoho")


def test_a_consent_that_was_withdrawn_in_zoho_is_told_once(stage: Stage) -> None:
    stage.connect("UANNA", "Anna Snelling")
    held = stage.bellwether.consent_parts.kept.held("UANNA")
    assert held is not None
    requests.post(
        f"{stage.zoho.base_url}/oauth/v2/token/revoke", params={"token": held.refresh_token}, timeout=10
    ).raise_for_status()
    administrator = stage.users[ADMINISTRATOR]
    for said in ("First.", "Second."):
        note = stage.note("UANNA", said)
        assert note["Created_By"]["id"] == administrator
        assert "Anna Snelling via Bellwether" in note["Note_Content"]
    assert sum("does not accept your consent" in one for one in stage.told("UANNA")) == 1
    assert stage.bellwether.consent_parts.kept.count() == (0, 0)


def test_a_token_that_does_not_cover_it_counts_as_lost(stage: Stage) -> None:
    stage.connect("UMELVIN", "Melvin Marxen")
    stage.zoho.order_fault("scope_missing", "/crm/v8/Notes", times=1)
    assert stage.note("UMELVIN", "Third.")["Created_By"]["id"] == stage.users[ADMINISTRATOR]
    assert stage.bellwether.consent_parts.kept.held("UMELVIN") is None


def test_another_user_and_a_refusal_change_nothing(stage: Stage) -> None:
    wrong = requests.get(stage.answer(stage.way("UMELVIN"), "Anna Snelling"), timeout=10)
    assert (wrong.status_code, "somebody else" in wrong.text) == (400, True)
    refused = requests.get(stage.answer(stage.way("UMELVIN"), "Melvin Marxen", "reject"), timeout=10)
    assert "did not consent" in refused.text
    nonsense = requests.get(
        f"{stage.bellwether.settings.public_url}{PATH}",
        params={"state": "<b>", "code": "1000.x", "accounts-server": "https://evil.example"},
        timeout=10,
    )
    assert (nonsense.status_code, "<b>" in nonsense.text) == (400, False)
    assert stage.bellwether.consent_parts.kept.held("UMELVIN") is None


def test_in_a_channel_the_way_is_for_the_person_alone(stage: Stage) -> None:
    melvin = stage.person("UMELVIN")
    melvin.say("CSALES", "<@UBELLWETHER> zoho connect")
    seen = until(lambda: [one for one in melvin.messages("CSALES") if "Go to Zoho" in str(one)], "no way")
    assert len(seen) == 1
    assert not [one for one in stage.person("UANNA").messages("CSALES") if "Go to Zoho" in str(one)]


def _is_refused(stage: Stage, refresh_token: str) -> bool:
    return "access_token" not in stage.zoho.ask_token(refresh_token=refresh_token).json()
