"""Enriching as a chat: the companies' own sites are read, a person consents, a batch runs, it is taken back.

Real: Slack (the sandbox), the sites over TLS, the crawler with its parsing process, the database, the jobs.
The CRM is one in memory, so that somebody can change a record at the right moment.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.app.enriching import Enriching
from bot.app.enriching_batches import KIND
from bot.app.enriching_desk import EnrichingDesk
from bot.app.enriching_work import BatchWork
from bot.app.linked_accounts import LinkedAccounts
from bot.app.people import Role
from bot.app.scope import Scope, Whose
from bot.runtime.enriching_jobs import BatchJobs, DeskJobs, Telling
from bot.runtime.work import JobLoop
from bot.slack.app import build_app
from bot.slack.socket import SocketConnection
from bot.slack.told_messages import ToldMessages
from bot.slack.views.limits import Surface, check
from bot.store.accounts import SqlAccountBook
from bot.store.enrichments import SqlProposals
from bot.store.incidents import SqlIncidents
from bot.store.tables import AuditRow
from connector.cache.engine import open_database
from connector.cache.tables import AccountRow, table_of
from connector.enrichment.crawling import Crawler
from connector.enrichment.parsing import ParsingProcesses
from connector.enrichment.reserved_names import ReservedNames
from sandbox.demo.transcript import message_text, view_text
from sandbox.slack.serve import running as running_slack
from sandbox.web.serve import running as running_web
from tests.support.enriching_world import EnrichingWorld
from tests.support.fake_services import (
    ADA,
    ANNA,
    DARCEL,
    MELVIN,
    FakeWorld,
    asked_list,
    fake_world,
    list_answer,
)
from tests.support.slack_sandbox import MANIFEST, Json, Person, client_of, until

HOSTILE = "<!channel> *Zoomit*"
FILLED = {"Billing_Street", "Billing_City", "Billing_State", "Billing_Code", "Billing_Country", "Description"}
SITES = {
    "k": ("Konex", "https://konex.example"),
    "b": ("Bioholding", "bioholding.example"),
    "c": ("Condax", "https://condax.example"),
    "s": ("Silis", "https://silis.example"),
    "n": ("No Web", ""),
    "z": (HOSTILE, "https://zoomit.example"),
    "p": ("Plexzap", "https://plexzap.example"),
}


@dataclass
class Stage:
    """Everything, and the two loops of a worker, stepped by hand."""

    base_url: str
    world: EnrichingWorld
    fakes: FakeWorld
    desk: JobLoop
    batches: JobLoop

    def person(self, slack_id: str) -> Person:
        return Person(self.base_url, slack_id)

    def told(self, slack_id: str, text: str, says: str) -> Json:
        """Say something to the app; its message that says so, drawn as Slack would take it."""
        person = self.person(slack_id)
        person.say(person.dm, text)
        return self.message(slack_id, says)

    def message(self, slack_id: str, says: str) -> Json:
        person = self.person(slack_id)

        def look() -> Json | None:
            found = [one for one in person.messages(person.dm) if says in message_text(one)]
            return found[-1] if found else None

        found = until(look, f"no message with {says!r}: {[*map(message_text, person.messages(person.dm))]}")
        assert check({"text": found["text"], "blocks": found["blocks"]}, Surface.MESSAGE) == []
        return found

    def modal(self, slack_id: str) -> Json:
        stack: list[Json] = until(lambda: self.person(slack_id).state()["modal"], "no modal")
        return stack[-1]

    def audited(self) -> list[Any]:
        rows = table_of(AuditRow)
        with self.world.database.reads.begin() as connection:
            return list(connection.execute(select(rows)))

    def work(self, loop: JobLoop) -> None:
        """Do the one job that was asked for, once it is there."""
        until(loop.step, "no job is due")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Stage]:
    directory = tmp_path_factory.mktemp("enriching")
    shutil.copyfile(sqlite_template, directory / "b.sqlite")
    database = open_database(f"sqlite:///{directory / 'b.sqlite'}")
    with (
        pytest.MonkeyPatch.context() as patch,
        running_web(directory / "authority.pem") as web,
        running_slack(manifest=MANIFEST) as slack,
    ):
        patch.setenv("SSL_CERT_FILE", str(web.authority))
        world = EnrichingWorld(database, {one: {"Phone": "555 0199"} if one == "k" else {} for one in SITES})
        accounts = table_of(AccountRow)
        with database.writes.begin() as connection:
            for one, (name, website) in SITES.items():
                values = {"name": name, "website": website, "country": "United States"}
                connection.execute(update(accounts).where(accounts.c.id == one).values(**values))
        with Crawler(
            ReservedNames(web.port),
            world.clock.now,
            seconds_between=0.0,
            parsing=ParsingProcesses(processes=1),
        ) as crawler:
            yield from staged(slack.base_url, world, crawler)
    database.close()


def staged(base_url: str, world: EnrichingWorld, crawler: Crawler) -> Iterator[Stage]:
    database, clock = world.database, world.clock
    one = Enriching(world.side, lambda: crawler, SqlProposals(database), world.writes, world.audit, clock)
    book = SqlAccountBook(database, lambda: world.configuration, clock, lambda _one: None)
    linked = LinkedAccounts(lambda _person: book, lambda _one: None)
    desk = EnrichingDesk(one, world.many, world.history, linked, world.jobs, clock)
    fakes = fake_world()
    people = (DARCEL, MELVIN, ADA, replace(ANNA, role=Role.VIEWER))
    fakes.people._people = {one.slack_id: one for one in people}
    everybody = list_answer(asked=asked_list("name is not empty"), read_as="all accounts")
    fakes.asking.knows("all accounts", everybody)
    app = build_app(
        replace(fakes.services, enriching=desk, audit=world.audit),
        bot_token="xoxb-sandbox-bot",
        api_url=f"{base_url}/api/",
        configuration=lambda: fakes.configuration,
    )
    incidents = SqlIncidents(database, clock, lambda: "#ops")
    telling = Telling(ToldMessages(client_of(base_url)).show)

    def work() -> BatchWork:
        side, batches, writes = world.side, world.batches, world.writes
        person = fakes.people.person_now
        return BatchWork(side, batches, writes, lambda: crawler, world.audit, clock, person)

    own = DeskJobs(lambda: desk, fakes.people.person_now, incidents, telling)
    many = BatchJobs(work, incidents, threading.Event(), telling)
    connection = SocketConnection(app, "xapp-sandbox-app", retry_seconds=0.1)
    connection.start()
    until(connection.is_connected, "the product did not connect")
    yield Stage(
        base_url,
        world,
        fakes,
        JobLoop(world.jobs, clock, "w", own.by_kind(), own.on_failure, own.on_success),
        JobLoop(world.jobs, clock, "w", {KIND: many.on_enrich}, many.on_failure, many.on_success),
    )
    connection.stop()


def test_one_account_is_enriched_with_consent_and_taken_back(stage: Stage) -> None:
    darcel, crm = stage.person("UDARCEL"), stage.world.crm.records["k"]
    for name in set(crm) & FILLED:  # by the batch of another test, if that came first
        crm[name] = None
    stage.told("UDARCEL", "enrich konex", "⏳ Reading what the website of Konex says …")
    stage.work(stage.desk)
    proposed = stage.message("UDARCEL", "Review and choose")
    said = [" ".join(one.split()) for one in message_text(proposed).splitlines()]
    assert said[0] == "Konex The website was read."
    assert said[1] == "Field Now Proposed Sure"
    assert said[3:6] == [
        "Phone 555 0199 +12145550189 95%",
        "City (empty) Dallas 95%",
        "Postcode (empty) 75201 95%",
    ]
    darcel.press(proposed, "enrich_review")
    form = stage.modal("UDARCEL")
    own = {key: form[key] for key in ("title", "submit", "close", "blocks", "private_metadata")}
    assert check(own, Surface.MODAL) == []
    boxes = {one["block_id"]: one["element"] for one in form["blocks"] if one["type"] == "input"}
    ticked = {name for name, element in boxes.items() if element.get("initial_options")}
    assert "field.phone" in boxes.keys() - ticked, "it stands in the CRM already"
    assert {"field.city", "field.postcode", "field.description"} <= ticked
    drawn = view_text(form)
    assert "Now 555 0199" in drawn
    assert "95% sure · json-ld · konex.example (https://konex.example)" in drawn

    nothing: Json = {name: {"chosen": []} for name in boxes}
    refused = darcel.post("submit", view_id=form["id"], values=nothing)
    assert list(refused["errors"].values()) == ["Tick one field at least."]
    crm["Billing_City"] = "Elsewhere"  # somebody else writes meanwhile
    chosen = nothing | {f"field.{one}": {"chosen": [one]} for one in ("phone", "city")}
    assert darcel.post("submit", view_id=form["id"], values=chosen) == {"ok": True}
    stage.work(stage.desk)
    done = message_text(stage.message("UDARCEL", "Konex: 1 of 2 fields written"))
    assert "Phone: 555 0199 → +12145550189  ✅ written" in done
    assert "Billing City: (empty) → Dallas  ⚠ changed meanwhile, left as it is" in done
    assert (crm["Phone"], crm["Billing_City"]) == ("+12145550189", "Elsewhere")
    assert not crm.get("Description"), "it was not ticked any more"

    history = stage.told("UDARCEL", "enrich history", "Enriched lately")
    assert "Phone: 555 0199 → +12145550189 (written)" in message_text(history)
    stage.told("UMELVIN", "enrich history", "Nothing was enriched yet.")
    select = next(one for one in history["blocks"] if one["type"] == "actions")["elements"][0]
    darcel.press(history, "enrich_undo", value=select["options"][0]["value"])
    ask = stage.modal("UDARCEL")
    assert view_text(ask).startswith("Konex: take back 1 value?")
    darcel.post("submit", view_id=ask["id"], values={})
    stage.work(stage.desk)
    stage.message("UDARCEL", "↩ 1 value taken back.")
    assert crm["Phone"] == "555 0199"


def test_nobody_else_and_nobody_without_the_right_gets_anywhere(stage: Stage) -> None:
    for who, text, why in (
        ("UANNA", "enrich Konex", "Only members of the sales team can enrich accounts."),
        ("UDARCEL", "enrich all accounts", "Only administrators can enrich many accounts at once."),
        ("UDARCEL", "enrich nonsense", "“nonsense” is neither an account nor a question for accounts."),
    ):
        stage.told(who, text, why)
    scoped = replace(DARCEL, scope=Scope(Whose.OWN, frozenset({"u1"})))
    stage.fakes.people._people["UDARCEL"] = scoped
    stage.told("UDARCEL", "enrich Konex", "“Konex” is neither an account")
    stage.fakes.people._people["UDARCEL"] = DARCEL
    darcel = stage.person("UDARCEL")
    darcel.say("CSALES", "<@UBELLWETHER> enrich Plexzap")
    darcel.await_message("CSALES", "I tell you in our direct message.")
    stage.message("UDARCEL", "⏳ Reading what the website of Plexzap says …")
    assert "Reading" not in str(darcel.messages("CSALES")), "what is read is told to one person"
    stage.work(stage.desk)
    refused = {line.outcome for line in stage.audited() if line.outcome.startswith("refused")}
    assert len(refused) == 2


def test_a_batch_is_confirmed_runs_in_one_message_and_adds_up(stage: Stage) -> None:
    ada = stage.person("UADA")
    overwritten = len(stage.world.crm.overwritten)  # by the person before, and the way back
    ask = stage.told("UADA", "enrich all accounts", "Enrich 7 accounts?")
    assert "5,000 are left of today's 5,000" in message_text(ask)
    ada.press(ask, "enrich_batch")
    stage.work(stage.desk)
    stage.work(stage.batches)
    done = message_text(stage.message("UADA", "✅ 7 accounts done"))
    counts, _, rest = next(one for one in done.splitlines() if " = 7 accounts" in one).partition(" = ")
    assert (sum(int(one) for one in counts.strip("(").split(" + ")), rest[:10]) == (7, "7 accounts")
    for line in (
        "Enriched: 2",
        "No website: 1",
        "The site is not this company's: 1",
        "The site asks not to be read: 1",
        "The site could not be reached: 2",
    ):
        assert f"• {line}" in done
    assert ada.messages(ada.dm)[-1]["ts"] == ask["ts"], "one message, edited"
    assert len(stage.world.crm.overwritten) == overwritten
    assert (stage.desk.step(), stage.batches.step()) == (False, False)

    again = stage.told("UADA", "enrich all accounts", "There is nothing to enrich now.")
    assert "were read in the last 30 days" in message_text(again)


def test_a_cancelled_batch_reads_nothing_more_and_gives_the_day_back(stage: Stage) -> None:
    ada = stage.person("UADA")
    stage.world.clock.move(days=31)
    ask = stage.told("UADA", "enrich all accounts", "Enrich 7 accounts?")
    ada.press(ask, "enrich_batch")
    stage.work(stage.desk)
    waiting = stage.message("UADA", "⏳ 7 accounts wait for their turn")
    assert stage.world.batches.left(stage.world.accounts.today(), 5_000) == 4_993
    ada.press(waiting, "enrich_cancel")
    told = message_text(stage.message("UADA", "Cancelled before it was read: 7"))
    assert "✅ 7 accounts done, 0 enriched" in told
    assert "7 = 7 accounts" in told
    stage.work(stage.batches)
    assert stage.world.batches.left(stage.world.accounts.today(), 5_000) == 5_000
