"""Shortcuts, links, forms, prompts and the workflow step: people in the sandbox's Slack, over Socket Mode."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import pytest
import requests

from bot.app.account_notes import AccountNotes
from bot.app.acting_writes import CrmDesk
from bot.app.administration import Administering
from bot.app.config.editing import Editing
from bot.app.conversing import direct_key
from bot.app.home import Home
from bot.app.linked_accounts import LinkedAccounts
from bot.app.people import Person as Member
from bot.app.people import Role
from bot.app.services import Services
from bot.slack.app import build_app
from bot.slack.socket import SocketConnection
from bot.slack.views.limits import Surface, check
from bot.store.account_notes import SqlAccountNotes
from bot.store.accounts import SqlAccountBook
from bot.store.alert_records import SqlAlertRecords
from bot.store.audit import SqlAudit
from bot.store.crm_writes import SqlCrmWrites
from bot.store.moves import SqlMoves
from bot.store.recent_runs import SqlRuns
from bot.store.tables import AlertActionRow, AuditRow, OutboxRow
from connector.cache.engine import Database, open_database
from sandbox.demo.transcript import message_text, transcript, view_text
from sandbox.slack.serve import running
from tests.support.acting_world import FakeRecords
from tests.support.browser import needs_chromium, opened_page, screenshot
from tests.support.configuring_world import configuring
from tests.support.fake_services import (
    FakeWorld,
    account,
    fake_world,
    help_answer,
    list_answer,
)
from tests.support.postgres import create_tables
from tests.support.scoring_world import BANDS, World, settled
from tests.support.slack_sandbox import MANIFEST, Json, Person, until

QUESTION = "show VIP accounts in healthcare"
CRM = "https://crm.zoho.com/crm/orgmaven/tab/Accounts"
HOSTILE = "<!channel> *Bold* <https://evil.example|x>"
DOCUMENT = BANDS.replace("#cs", "#cs-alerts") + "segments:\n  - {name: Rich, criteria: total_spend > 5000}\n"
MEMBERS = (
    Member("UDARCEL", "Darcel Schlecht", "darcel@x.example", "u1", Role.MEMBER),
    Member("UMELVIN", "Melvin Marxen", "melvin@x.example", "u3", Role.ADMIN),
    Member("UADA", "Ada Lindqvist", "ada@x.example", "u4", Role.ADMIN),
    Member("UANNA", "Anna Snelling", "anna@x.example", "u2", Role.VIEWER),
)


@dataclass
class Stage:
    """The sandbox's Slack, the product connected to it, and the database behind."""

    base_url: str
    world: World
    fakes: FakeWorld
    audit: SqlAudit

    def person(self, slack_id: str) -> Person:
        return Person(self.base_url, slack_id)

    def modal(self, slack_id: str, holds: str) -> Json:
        """The modal that a person has open, once it shows something."""

        def look() -> Json | None:
            stack = self.person(slack_id).state()["modal"]
            return stack[-1] if stack and holds in view_text(stack[-1]) + json.dumps(stack[-1]) else None

        found = until(look, f"no modal with {holds!r}: {self.person(slack_id).state()['modal']}")
        assert check(_sent(found), Surface.MODAL) == []
        return found

    def send(self, slack_id: str, view: Json, **values: str) -> Json:
        """Fill in a modal and send it."""
        inputs = {one["block_id"]: one["element"] for one in view["blocks"] if one["type"] == "input"}
        given = {
            key: {inputs[key]["action_id"]: [one] if inputs[key]["type"] == "checkboxes" else one}
            for key, one in values.items()
        }
        return self.person(slack_id).post("submit", view_id=view["id"], values=given)

    def found(self, slack_id: str, view: Json, action_id: str, typed: str) -> list[tuple[str, str]]:
        """What is offered in a choice while somebody types: names and values."""
        answer = self.person(slack_id).post("suggest", view_id=view["id"], action_id=action_id, value=typed)
        return [(one["text"]["text"], one["value"]) for one in answer["options"]]

    def step(self, **inputs: str) -> Json:
        """Run the workflow step to its end."""
        begun = self.person("UADA").post("workflow", callback_id="find_accounts", inputs=inputs)

        def ended() -> Json | None:
            now: Json = requests.get(
                f"{self.base_url}/_sandbox/workflow", params={"id": begun["id"]}, timeout=10
            ).json()
            return now if now["outputs"] or now["error"] else None

        return until(ended, "the step did not end")


def _sent(view: Json) -> Json:
    """What the app sent of a view."""
    own = ("title", "submit", "close", "blocks", "private_metadata")
    return {key: view[key] for key in own if key in view}


def services_of(world: World, fakes: FakeWorld) -> Services:
    """Questions are fakes; accounts, notes, the configuration and App Home are real."""
    audit = SqlAudit(world.database, world.clock)
    current = lambda: world.configurations.current().configuration  # noqa: E731
    book = SqlAccountBook(world.database, current, world.clock, lambda one: f"{CRM}/{one}")
    linked = LinkedAccounts(lambda _person: book, lambda one: f"{CRM}/{one}")
    administering = Administering(
        SqlRuns(world.database), lambda: [("Gail Guest", None)], world.versions.current, current
    )
    home = Home(
        book,
        SqlAlertRecords(world.database, world.clock),
        SqlMoves(world.database, lambda one: f"{CRM}/{one}"),
        lambda: (),
        current,
        fakes.misses,
        administering.view,
    )
    return replace(
        fakes.services,
        home=home,
        audit=audit,
        linked=linked,
        notes=AccountNotes(linked, SqlAccountNotes(world.database, world.clock), audit),
        editing=Editing(configuring(world), world.versions.latest, audit),
    )


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    url = f"sqlite:///{tmp_path_factory.mktemp('surfaces') / 'bellwether.sqlite'}"
    create_tables(url)
    with closing(open_database(url)) as database, running(manifest=MANIFEST) as slack:
        world = organisation(database)
        fakes = fake_world()
        fakes.people._people = {one.slack_id: one for one in MEMBERS}
        fakes.asking.knows(QUESTION, list_answer(account(HOSTILE), account("Bioplex", label="At Risk")))
        fakes.asking.knows("help", help_answer())
        app = build_app(
            services_of(world, fakes),
            bot_token="xoxb-sandbox-bot",
            api_url=f"{slack.base_url}/api/",
            configuration=lambda: fakes.configuration,
            with_workflow_step=True,
        )
        connection = SocketConnection(app, "xapp-sandbox-app", retry_seconds=0.1)
        connection.start()
        until(connection.is_connected, "the product did not connect")
        yield Stage(slack.base_url, world, fakes, SqlAudit(database, world.clock))
        connection.stop()


def organisation(database: Database) -> World:
    """Six scored accounts, one with a name that would like to be more."""
    world = settled(database)
    world.publish(DOCUMENT)
    world.account("evil", (5, 9_000), name=HOSTILE)
    world.run()
    return world


def test_ask_from_anywhere_and_read_the_answer_in_the_direct_messages(stage: Stage) -> None:
    darcel = stage.person("UDARCEL")
    assert darcel.post("shortcut", callback_id="ask_question") == {"ok": True}
    form = stage.modal("UDARCEL", "Your question")
    assert stage.send("UDARCEL", form, question=" ") == {"errors": {"question": "Write a question."}}
    assert stage.send("UDARCEL", form, question=QUESTION) == {"ok": True}
    assert "I answer in our direct messages" in view_text(stage.modal("UDARCEL", "direct messages"))
    darcel.await_message(darcel.dm, "2 accounts")
    said = transcript(darcel.messages(darcel.dm))
    assert said.startswith(f"Bellwether: 2 accounts · {QUESTION}")
    assert stage.fakes.asking.places[-1] == (direct_key("DDARCEL"), False), "there it is gone on with"


def test_a_message_becomes_a_note_in_the_persons_name(stage: Stage) -> None:
    darcel = stage.person("UDARCEL")
    ts = darcel.say("CSALES", "They want <@UADA> to call.\nOn *Monday* & not before.")
    darcel.post("shortcut", callback_id="log_to_account", channel="CSALES", ts=ts)
    choice = stage.modal("UDARCEL", "A part of its name")
    assert stage.found("UDARCEL", choice, "crm_account", "account b") == [("Account big", "big")]
    assert stage.found("UDARCEL", choice, "crm_account", "bold") == [(HOSTILE, "evil")]
    text = next(one for one in choice["blocks"] if one["block_id"] == "note")["element"]["initial_value"]
    assert text.startswith("Darcel Schlecht in #sales on ")
    assert text.endswith(":\nThey want Ada Lindqvist to call.\nOn *Monday* & not before.")
    assert stage.send("UDARCEL", choice, account="evil", note=text) == {"ok": True}
    form = stage.modal("UDARCEL", "Write note")
    assert view_text(form).startswith(HOSTILE), "shown, and nothing of it is read as Slack's signs"
    assert stage.send("UDARCEL", form, note="They are\nslow.") == {"ok": True}
    assert "is on its way to the CRM" in view_text(stage.modal("UDARCEL", "on its way"))
    (action,) = stage.world.rows(AlertActionRow)
    crm = FakeRecords()
    writes = SqlCrmWrites(stage.world.database, stage.world.clock)
    desk = CrmDesk(writes, lambda: crm, lambda: "Accounts", stage.audit, stage.world.clock)
    assert desk.write(action.id) == "Notes1"
    assert desk.write(action.id) is None, "once"
    (note,) = crm.added.values()
    assert note["of"] == ("Accounts", "evil")
    assert note["Note_Content"].startswith("They are\nslow.\n\nDarcel Schlecht via Bellwether · BW-")
    (told,) = [one for one in stage.world.rows(OutboxRow) if one.channel == "person:u1"]
    assert json.loads(told.payload) == {"text": f"📝 Your note to {HOSTILE} stands in the CRM."}


def test_who_may_not_write_gets_no_form_and_no_accounts(stage: Stage) -> None:
    anna = stage.person("UANNA")
    ts = anna.say("CSALES", "hello")
    anna.post("shortcut", callback_id="log_to_account", channel="CSALES", ts=ts)
    anna.await_message("CSALES", "You may not write to the CRM.")
    assert anna.state()["modal"] == []
    assert ("UANNA", "note", "refused") in {(one.actor, one.action, one.outcome) for one in _audit(stage)}


def test_links_are_unfurled_where_account_data_may_be_seen(stage: Stage) -> None:
    darcel = stage.person("UDARCEL")
    links = {
        "here": f"look at {CRM}/evil and {CRM}/big?from=mail",
        "foreign": "https://crm.zoho.com/crm/orgother/tab/Accounts/big",
        "unknown": f"{CRM}/nobody {CRM}/..%2Fbig https://evil.example/crm/orgmaven/tab/Accounts/big",
    }
    seen = {
        "here": darcel.say("CSALES", links["here"]),
        "foreign": darcel.say("CSALES", links["foreign"]),
        "unknown": darcel.say("CSALES", links["unknown"]),
        "private": darcel.say("CALERTS", links["here"]),  # answers are private there
        "stranger": stage.person("UDUSTIN").say("CSALES", links["here"]),  # nobody in the CRM
        "last": darcel.say("CSALES", f"{CRM}/fair"),
    }

    def unfurled(name: str) -> list[str]:
        channel = "CALERTS" if name == "private" else "CSALES"
        message = next(one for one in darcel.messages(channel) if one["ts"] == seen[name])
        for one in message.get("attachments") or ():
            assert check({"text": "x", **one}, Surface.MESSAGE) == []
        return [message_text(one) for one in message.get("attachments") or ()]

    until(lambda: unfurled("last"), "the last link is not unfurled")
    until(lambda: len(unfurled("here")) == 2, "the first links are not unfurled")
    assert unfurled("here")[1].startswith("Account big")
    assert "owner Darcel Schlecht" in unfurled("here")[1]
    assert HOSTILE in unfurled("here")[0]
    assert "9,000" not in str(unfurled("here")), "money is not for everybody"
    assert [unfurled(one) for one in ("foreign", "unknown", "private", "stranger")] == [[], [], [], []]


def test_home_of_a_rep_and_of_an_administrator(stage: Stage) -> None:
    stage.fakes.misses.count("show the cheesy ones", ["cheesy"], "unknown")
    rep, admin = _home(stage, "UDARCEL"), _home(stage, "UADA", "cheesy")
    assert "Your accounts that moved" in rep
    assert "Configuration" not in rep
    assert "Edit configuration" not in rep
    assert "Last runs" in admin
    assert "Purchases: 7 accounts, 1 change · change · just now" in admin
    assert "Without a CRM user (1)" in admin
    assert "Gail Guest · no e-mail" in admin
    assert "4 labels · 1 segment · 1 route" in admin
    assert "show the cheesy ones (cheesy) · 1 time" in admin


def _home(stage: Stage, slack_id: str, with_words: str = "") -> str:
    person = stage.person(slack_id)
    person.post("open_home")

    def drawn() -> str:
        home = person.state()["home"]  # may be the one that another test has opened
        text = view_text(home) if home else ""
        return text if with_words in text else ""

    return until(drawn, "no Home was drawn")


def _edit(stage: Stage, slack_id: str, name: str) -> Json:
    """The form of an entry, from the button on App Home."""
    _home(stage, slack_id)
    home = stage.person(slack_id).state()["home"]
    stage.person(slack_id).post("click", view_id=home["id"], action_id="config_edit")
    choice = stage.modal(slack_id, "A segment, label or route")
    offered = dict(stage.found(slack_id, choice, "config_entry", name))
    assert stage.send(slack_id, choice, entry=offered[name]) == {"ok": True}
    return stage.modal(slack_id, "Preview")


def test_a_segment_is_edited_with_an_error_a_preview_and_a_confirmation(stage: Stage) -> None:
    form = _edit(stage, "UADA", "Segment · Rich")
    wrong = stage.send("UADA", form, criteria="total_spent > 7000")
    assert "total_spent" in wrong["errors"]["criteria"]
    same = stage.send("UADA", form, criteria="total_spend > 5000")
    assert same["errors"] == {"criteria": "Nothing differs from what is in force."}
    assert stage.send("UADA", form, criteria="total_spend > 7000", note="dearer") == {"ok": True}
    preview = stage.modal("UADA", "Publish")
    assert "Segment 'Rich', criteria: total_spend > 5000 → total_spend > 7000" in view_text(preview)
    # How many labels change depends on what other tests have published.
    assert "What the next run would do" in view_text(preview)
    assert stage.send("UADA", preview) == {"ok": True}
    stage.modal("UADA", "Changed the segment 'Rich'.")
    version = stage.world.versions.current()
    assert version is not None
    assert (version.author, version.note) == ("Ada Lindqvist", "dearer")
    assert stage.world.configurations.current().configuration.segments[0].criteria == "total_spend > 7000"


def test_a_route_that_was_overtaken_is_refused_and_a_label_is_changed(stage: Stage) -> None:
    route = _edit(stage, "UADA", "New route …")
    filled = {"name": "Dear ones", "criteria": 'label worsened to "Gone"', "channel": "#cs-alerts"}
    assert stage.send("UADA", route, **filled, at_least="much") == {
        "errors": {"at_least": "That is no number."}
    }
    assert stage.send("UADA", route, **filled, at_least="50,000") == {"ok": True}
    overtaken = stage.modal("UADA", "Publish")
    assert "Route 'Dear ones'" in view_text(overtaken)
    label = _edit(stage, "UMELVIN", "Label · Purchases: Top")
    assert "Remove this label" in (drawn := json.dumps(label))
    assert "After Good" in drawn
    assert stage.send("UMELVIN", label, when="r = 3 and m >= 2", after="0") == {"ok": True}
    changed = stage.modal("UMELVIN", "Publish")
    assert "label 'Top', criteria: r = 3 and m = 3 → r = 3 and m >= 2" in view_text(changed)
    assert stage.send("UMELVIN", changed) == {"ok": True}
    stage.modal("UMELVIN", "Changed the label 'Top' of 'Purchases'.")
    assert stage.send("UADA", overtaken) == {"ok": True}
    assert "was published meanwhile" in view_text(stage.modal("UADA", "meanwhile"))
    assert [one.name for one in stage.world.configurations.current().configuration.alerts.routes] == ["Worse"]


def test_a_workflow_finds_accounts_or_hears_why_not(stage: Stage) -> None:
    done = stage.step(question=QUESTION, person="UDARCEL")
    assert done["error"] is None
    assert done["outputs"]["count"] == 2
    assert "<!channel>" not in done["outputs"]["accounts"]
    assert done["outputs"]["accounts"].splitlines()[1] == "Bioplex · At Risk · Darcel Schlecht"
    assert stage.step(question="show wobbly ones", person="UDARCEL")["error"].startswith(
        "I do not know the word"
    )
    refused = stage.step(question=QUESTION, person="UGAIL")
    assert refused["outputs"] is None
    assert "CRM" in refused["error"]
    assert ("UGAIL", "workflow step") in {(one.actor, one.action) for one in _audit(stage)}


@needs_chromium
def test_all_of_it_can_be_done_on_the_page(stage: Stage) -> None:
    for slack_id in ("UDARCEL", "UADA"):
        for view in stage.person(slack_id).state()["modal"]:
            stage.person(slack_id).post("close", view_id=view["id"])
    with opened_page(f"{stage.base_url}/?as=UDARCEL&at=CSALES", width=1280, height=860) as page:
        stage.person("UDARCEL").say("CSALES", f"look at {CRM}/big and {CRM}/evil")
        page.locator(".attachment", has_text="Account big").last.wait_for()
        screenshot(page, "surfaces-unfurled")
        page.get_by_role("button", name="Shortcuts").first.click()
        page.get_by_role("menuitem", name="Ask").click()
        page.locator("[data-testid=modal] textarea").fill(QUESTION)
        screenshot(page, "surfaces-ask")
        page.get_by_test_id("modal-submit").click()
        page.get_by_text("I answer in our direct messages").wait_for()
        page.get_by_test_id("modal").get_by_role("button", name="Close").last.click()
        page.get_by_test_id("message").last.hover()
        page.get_by_test_id("message").last.get_by_role("button", name="Log to account").click()
        page.locator("[data-testid=modal] input[type=search]").fill("account b")
        page.locator("option[value=big]").wait_for(state="attached")
        screenshot(page, "surfaces-log")
        page.get_by_test_id("modal-submit").click()
        page.get_by_text("It is signed").wait_for()
        screenshot(page, "surfaces-note")
        page.goto(f"{stage.base_url}/?as=UADA&at=home")
        page.get_by_role("button", name="Edit configuration").click()
        screenshot(page, "surfaces-administrator")
        found = page.locator("[data-found=config_entry]")
        found.locator("option", has_text="Route · Worse").wait_for(state="attached")
        found.select_option(label="Route · Worse")
        page.get_by_test_id("modal-submit").click()
        page.locator("input[data-block-id=at_least]").fill("much")
        page.get_by_test_id("modal-submit").click()
        page.get_by_text("That is no number.").wait_for()
        screenshot(page, "surfaces-error")
        page.locator("input[data-block-id=at_least]").fill("7000")
        page.get_by_test_id("modal-submit").click()
        page.get_by_text("What the next run would do").wait_for()
        screenshot(page, "surfaces-preview")


def test_nothing_that_was_sent_was_refused(stage: Stage) -> None:
    refused = stage.person("UADA").state()["refusals"]
    # Our change of a view may be there before our answer that puts the view in its place.
    assert [one for one in refused if (one["method"], one["error"]) != ("views.update", "not_found")] == []


def _audit(stage: Stage) -> list[Any]:
    return stage.world.rows(AuditRow)
