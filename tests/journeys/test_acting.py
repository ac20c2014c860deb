"""People act on an alert in the sandbox's Slack, and the sandbox's Zoho is written: everything over HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import requests

from bot.app.people import Person as Member
from bot.app.people import Role
from bot.slack.addressing import SlackLookup
from bot.slack.app import build_app
from bot.slack.gateway import SlackGateway
from bot.slack.socket import SocketConnection
from bot.store.tables import AlertActionRow
from connector.cache.engine import Database, open_database
from connector.cache.tables import UserRow
from connector.zoho.client import ZohoClient
from connector.zoho.crm import CrmClient
from connector.zoho.write import CrmWriteClient
from sandbox.demo.transcript import message_text
from sandbox.slack.serve import running as running_slack
from sandbox.zoho.serve import running as running_zoho
from tests.support.acting_world import Office
from tests.support.fake_services import FakePeople, fake_world
from tests.support.postgres import create_tables
from tests.support.scoring_world import BANDS, World
from tests.support.slack_sandbox import MANIFEST, Json, Person, client_of, until
from tests.support.zoho_access import IMPATIENT
from tests.support.zoho_client import ZohoHttp
from tests.support.zoho_copy import ZohoCopy

ALERTS = "CALERTS"
WHY = "stands where it does"


@dataclass
class Stage:
    """The two sandboxes with the product between them, and one alert in Slack."""

    slack_url: str
    zoho: ZohoHttp
    office: Office
    account: str
    users: dict[str, str]  # the CRM's ids by name

    def person(self, slack_id: str) -> Person:
        return Person(self.slack_url, slack_id)

    def alert(self) -> Json:
        """The alert as it stands in the channel."""
        found = [one for one in self.person("UANNA").messages(ALERTS) if "Account big" in one["text"]]
        return next(one for one in found if not one.get("thread_ts"))

    def thread(self) -> list[str]:
        """The lines in the alert's thread."""
        alert = self.alert()
        replies = client_of(self.slack_url).conversations_replies(channel=ALERTS, ts=alert["ts"])
        return [str(one["text"]) for one in replies["messages"] if one["ts"] != alert["ts"]]

    def form(self, slack_id: str, instead_of: Sequence[str] = ()) -> Json:
        """The form that a person has open, once it is another one than these."""

        def opened() -> Json | None:
            forms = self.person(slack_id).state()["modal"]
            return next((one for one in forms if one["id"] not in instead_of), None)

        return until(opened, "no form was opened")

    def choose(self, slack_id: str, kind: str) -> Json:
        number = self.office.alert_id
        # The click is answered before the form is there.
        before = [one["id"] for one in self.person(slack_id).state()["modal"]]
        self.person(slack_id).press(self.alert(), "alert_more", selected=f"{number}:{kind}")
        return self.form(slack_id, before)

    def send(self, slack_id: str, form: Json, **values: Json) -> Json:
        return self.person(slack_id).post("submit", view_id=form["id"], values=values)

    def written(self, module: str, field: str) -> list[dict[str, Any]]:
        """The records that the product has written."""
        shown = requests.get(
            f"{self.zoho.base_url}/_sandbox/records/{module}", params={"limit": 10_000}, timeout=10
        )
        every = [one["values"] for one in shown.json()["records"]]
        return [one for one in every if "via Bellwether" in (one.get(field) or "")]


@pytest.fixture(scope="module")
def zoho() -> Iterator[ZohoHttp]:
    with running_zoho() as server:
        http = ZohoHttp(server.base_url)
        http.post("/_sandbox/limits", {"token_requests": 1000})
        http.refresh()
        yield http
        http.close()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'bellwether.sqlite'}"
    create_tables(url)
    with closing(open_database(url)) as opened:
        yield opened


@pytest.fixture
def stage(zoho: ZohoHttp, database: Database) -> Iterator[Stage]:
    account = str(requests.get(f"{zoho.base_url}/_sandbox/accounts", timeout=10).json()[0]["id"])
    people = zoho.get("/crm/v8/users", type="AllUsers").json()["users"]
    users = {one["full_name"]: str(one["id"]) for one in people}
    client = ZohoClient(ZohoCopy(zoho.base_url, database).tokens(), retry=IMPATIENT)
    with running_slack(manifest=MANIFEST) as slack:
        web = client_of(slack.base_url)
        office = Office(
            World(database),
            account=account,
            document=BANDS.replace('"#cs"', '"#cs-alerts"'),
            chat=SlackGateway(web),
            lookup=SlackLookup(web),
            writer=CrmWriteClient(client, CrmClient(client)),
            pace_seconds=1.05,
        )
        for one in people:
            row = UserRow(id=str(one["id"]), name=one["full_name"], email=one["email"], raw="{}")
            office.world.add(row)
        connection = connected(slack.base_url, office, users)
        yield Stage(slack.base_url, zoho, office, account, users)
        connection.stop()


def connected(slack_url: str, office: Office, users: dict[str, str]) -> SocketConnection:
    """The app on Socket Mode, with the real use case behind the alert's buttons."""
    world = fake_world()
    members = {"UANNA": "Anna Snelling", "UMELVIN": "Melvin Marxen"}
    world.people = FakePeople(
        *(Member(key, name, None, users[name], Role.MEMBER) for key, name in members.items())
    )
    app = build_app(
        replace(world.services, alerts=office.desk),
        bot_token="xoxb-sandbox-bot",
        api_url=f"{slack_url}/api/",
        configuration=lambda: world.configuration,
    )
    connection = SocketConnection(app, "xapp-sandbox-app", retry_seconds=0.1)
    connection.start()
    until(connection.is_connected, "the product did not connect")
    return connection


def test_a_task_an_error_under_its_field_and_a_zoho_that_is_away(stage: Stage) -> None:
    form = stage.choose("UANNA", "task")
    subject = {"given": "Call <@UADA> before noon"}
    late = stage.send("UANNA", form, subject=subject, due={"given": "2020-01-01"})
    assert late == {"errors": {"due": "That day is over."}}
    assert stage.send("UANNA", form, subject=subject, due={"given": "2026-12-03"}) == {"ok": True}
    until(lambda: "is on its way to the CRM" in message_text(stage.alert()), "the alert does not show it")
    stage.zoho.order_fault("bad_gateway", "/crm/v8/Tasks", times=1)
    stage.office.work()
    stage.office.work(seconds=31)
    stage.office.deliver()
    written = stage.written("Tasks", "Description")
    (task,) = [one for one in written if one["Subject"] == "Call <@UADA> before noon"]
    assert task["What_Id"]["id"] == stage.account
    assert task["Owner"]["id"] == stage.users["Anna Snelling"], "the person themself is proposed"
    assert task["Due_Date"] == "2026-12-03"
    (line,) = stage.thread()
    assert "The task “Call &lt;@UADA&gt; before noon” for Anna Snelling, due 3 Dec 2026 is in the CRM" in line
    assert "is in the CRM · Anna Snelling" in message_text(stage.alert())
    assert stage.person("UANNA").state()["refusals"] == []


def test_a_note_whose_answer_was_lost_stands_there_once(stage: Stage) -> None:
    before = len(stage.written("Notes", "Note_Content"))
    form = stage.choose("UANNA", "note")
    assert stage.send("UANNA", form, note={"given": "They are\nslow."}) == {"ok": True}
    stage.zoho.order_fault("cut_body", "/crm/v8/Notes", times=1)
    stage.office.work()
    assert [one.state for one in stage.office.world.rows(AlertActionRow)] == ["waiting"]
    for _ in range(3):
        stage.office.work(seconds=31)
    assert [one.state for one in stage.office.world.rows(AlertActionRow)] == ["done"]
    notes = stage.written("Notes", "Note_Content")
    assert len(notes) == before + 1


def test_it_is_given_to_somebody_and_the_account_as_well(stage: Stage) -> None:
    stage.person("UANNA").press(stage.alert(), "alert_assign")
    form = stage.form("UANNA")
    darcel = stage.users["Darcel Schlecht"]
    given: dict[str, Json] = {"whom": {"crm_user": darcel}, "owner": {"given": ["owner_too"]}}
    assert stage.send("UANNA", form, **given) == {"ok": True}
    stage.office.work()
    stage.office.deliver()
    record = stage.zoho.get(f"/crm/v8/Accounts/{stage.account}").json()["data"][0]
    assert record["Owner"]["id"] == darcel
    direct = stage.person("UDARCEL").await_message("DDARCEL", "Account big")
    said = message_text(direct)
    assert "Anna Snelling gave this to you." in said
    assert "👤 Given to Darcel Schlecht · Anna Snelling" in said
    assert len(stage.thread()) == 2
    assert stage.person("UANNA").state()["refusals"] == []


def test_two_forms_that_are_open_at_once_and_why_it_is_none(stage: Stage) -> None:
    hers = stage.choose("UANNA", "task")
    his = stage.choose("UMELVIN", "task")
    subject = {"given": "Call"}
    assert stage.send("UANNA", hers, subject=subject) == {"ok": True}
    assert stage.send("UMELVIN", his, subject=subject) == {"ok": True}, "told in place of the form"
    assert "Meanwhile somebody else had a task created" in str(stage.form("UMELVIN")["blocks"])
    stage.office.work()
    assert len([one for one in stage.office.world.rows(AlertActionRow) if one.kind == "task"]) == 1
    why = stage.choose("UMELVIN", "not at risk")
    assert stage.send("UMELVIN", why, reason={"given": "other"}) == {
        "errors": {"words": "Say what the reason is."}
    }
    answer = stage.send("UMELVIN", why, reason={"given": "other"}, words={"given": "They moved."})
    assert answer == {"ok": True}
    until(lambda: "Not at risk: They moved." in message_text(stage.alert()), "the alert does not show it")
    stage.office.deliver()
    assert "Not at risk: They moved. · Melvin Marxen" in stage.thread()[-1]


def test_the_explanation_is_for_the_person_alone(stage: Stage) -> None:
    stage.person("UANNA").press(stage.alert(), "alert_explain")
    until(
        lambda: any(WHY in one["text"] for one in stage.person("UANNA").messages(ALERTS)),
        "nothing was explained",
    )
    assert not any(WHY in one["text"] for one in stage.person("UMELVIN").messages(ALERTS))
