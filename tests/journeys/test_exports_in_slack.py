"""A file by Slack's three steps into a direct message of the sandbox's workspace, and a week later again."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import requests

from bot.app.exporting_rhythm import Rhythm
from bot.app.exporting_values import Wish, download_name
from bot.app.people import Role
from bot.app.ports import Posted
from bot.language.question import Kind, Question
from bot.slack.export_notices import SlackExportNotices
from connector.cache.engine import open_database
from sandbox.demo.transcript import message_text
from sandbox.slack.serve import running
from tests.support.export_world import ExportWorld
from tests.support.fake_services import MELVIN, FakePeople
from tests.support.slack_sandbox import MANIFEST, Json, Person, client_of, until

WISH = Wish(columns=("name", "label"))


@pytest.fixture
def melvin() -> Iterator[Person]:
    with running(manifest=MANIFEST) as server:
        yield Person(server.base_url, "UMELVIN")


@pytest.fixture
def world(sqlite_template: Path, tmp_path: Path, melvin: Person) -> Iterator[ExportWorld]:
    file = tmp_path / "bellwether.sqlite"
    file.write_bytes(sqlite_template.read_bytes())
    database = open_database(f"sqlite:///{file}")
    yield ExportWorld(database, tmp_path, SlackExportNotices(client_of(melvin.base_url)))
    database.close()


def files(person: Person) -> list[Json]:
    return [file for one in person.messages(person.dm) for file in one.get("files") or ()]


def test_the_file_comes_into_the_direct_message_and_comes_again(world: ExportWorld, melvin: Person) -> None:
    client = client_of(melvin.base_url)
    draft = world.exports.begin(Question(Kind.LIST), "all accounts", MELVIN, "CSALES")
    world.schedules.repeat(draft.public_id, WISH, Rhythm.MONDAY, MELVIN)
    begun = client.chat_postMessage(channel=melvin.dm, text="The export begins.")
    posted = Posted(str(begun["channel"]), str(begun["ts"]))
    export = world.written(world.exports.confirm(draft.public_id, WISH, MELVIN, posted))

    [file] = files(melvin)
    assert (file["name"], file["size"]) == (download_name(export), export.bytes)
    content = requests.get(file["url_private"], timeout=5).content
    read = pd.read_csv(io.BytesIO(content), compression="zip")
    assert list(read.columns) == ["Record id", "Account", "Label"]
    assert set(read["Account"]) == {"acme", "Bluth", "Konex", "Ämil"}
    told = next(one for one in melvin.messages(melvin.dm) if one["ts"] == posted.ts)
    assert message_text(told).startswith("✅ Exported 4 rows · all accounts")

    world.clock.move(days=7)
    world.runs.run()
    [again] = [one for one in world.history.listed(None) if one.schedule_id]
    world.written(again)
    assert len(files(melvin)) == 2
    said = melvin.messages(melvin.dm)[-1]["text"]
    assert said.startswith("✅ Exported 4 rows · all accounts"), "the words stand below the file"
    assert world.found(again).reason is None
    anybody = Person(melvin.base_url).messages("CSALES")
    assert [one for one in anybody if one.get("files") or one["user"] == "UBELLWETHER"] == [], "privately"

    world.people = FakePeople(replace(MELVIN, role=Role.MEMBER))
    world.clock.move(days=7)

    def told_that_it_rests() -> list[Json]:
        world.runs.run()  # Slack takes a message a second: who cannot be told now is told with a later one
        return [one for one in melvin.messages(melvin.dm) if "rests" in one["text"]]

    until(told_that_it_rests, "the owner is not told")
    assert len(told_that_it_rests()) == 1
    refused = [one["error"] for one in melvin.state()["refusals"]]
    assert set(refused) <= {"ratelimited"}


def test_what_expires_is_taken_back(world: ExportWorld, melvin: Person) -> None:
    draft = world.exports.begin(Question(Kind.LIST), "all accounts", MELVIN, "CSALES")
    world.schedules.repeat(draft.public_id, WISH, Rhythm.MONDAY, MELVIN)
    world.clock.move(days=7)
    world.runs.run()
    [weekly] = [one for one in world.history.listed(None) if one.schedule_id]
    export = world.written(weekly)
    [file] = files(melvin)
    assert requests.get(file["url_private"], timeout=5).ok
    for _ in range(2):  # the second time there is nothing left of it, and that is no error
        world.clock.move(days=15)
        world.retention.tidy()
        world.withdraw()
        assert requests.get(file["url_private"], timeout=5).status_code == 404
    assert files(melvin) == [{"id": file["id"], "mode": "tombstone"}]
    told = next(one for one in melvin.messages(melvin.dm) if export.posted and one["ts"] == export.posted.ts)
    assert message_text(told).startswith("The export's file was removed · all accounts")
    SlackExportNotices(client_of(melvin.base_url)).take_back(file["id"])
