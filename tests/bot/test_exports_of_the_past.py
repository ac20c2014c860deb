"""Exports of who moved from one label to another, and of who had one: the accounts that the answers list."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.app.exporting import target_of
from bot.app.exporting_rhythm import Rhythm
from bot.app.exporting_values import Export, Mailing, Offered, Status, Wish
from bot.language.question import Days, Held, Kind, Moved, Question, Sort
from bot.language.restate import restate
from connector.cache.engine import Database
from scoring.criteria.parse import parse
from scoring.criteria.tree import Calendar, Unit
from tests.support.account_world import NOW, add
from tests.support.export_world import ExportWorld
from tests.support.fake_services import MELVIN

TODAY = date(2026, 3, 30)  # in New York
THIS_MONTH = Calendar(Unit.MONTH, 0)
LEFT_VIP = Question(Kind.MOVED, moved=Moved(old=("VIP",), span=THIS_MONTH))
WAS_VIP = Question(Kind.HISTORY, held=Held(("VIP",), Days(date(2026, 1, 5), date(2026, 1, 9))))


@pytest.fixture
def world(database: Database, tmp_path: Path) -> ExportWorld:
    made = ExportWorld(database, tmp_path)
    run = {
        "segmentation": "RFM",
        "cause": "first",
        "as_of": date(2026, 1, 1),
        "started_at": NOW,
        "status": "done",
    }
    add(database, "run", {**run, "accounts": 4, "changed": 4, "config_version": 1, "technique": "rfm"})
    add(
        database,
        "label_change",
        change("a1", None, "VIP", 90, ended=20, baseline=True),
        change("a1", "VIP", "At Risk", 20),
        change("a2", None, "VIP", 90, ended=60, baseline=True),
        change("a2", "VIP", "At Risk", 60),
        change("a3", None, "At Risk", 90, ended=5, baseline=True),
        change("a3", "At Risk", "VIP", 5),
        change("gone", "VIP", "At Risk", 3),
    )
    return made


def change(
    account: str,
    old: str | None,
    new: str | None,
    ago: int,
    *,
    ended: int | None = None,
    baseline: bool = False,
) -> dict[str, Any]:
    ends = None if ended is None else TODAY - timedelta(days=ended)
    direction = "worse" if new == "At Risk" else "better"
    return {
        "segmentation": "RFM",
        "account_id": account,
        "old_label": old,
        "new_label": new,
        "baseline": baseline,
        "direction": direction,
        "as_of": TODAY - timedelta(days=ago),
        "ended_on": ends,
        "changed_at": NOW,
        "run_id": 1,
        "facts": "{}",
    }


def exported(world: ExportWorld, question: Question, wish: Wish | None = None) -> Export:
    draft = world.exports.begin(question, restate(question), MELVIN, "CSALES")
    return world.written(world.exports.confirm(draft.public_id, wish or Wish(columns=("name",)), MELVIN))


def column(world: ExportWorld, export: Export, at: int = 0) -> list[str]:
    with world.files.open(export.file_name or "") as file:
        text = zipfile.ZipFile(file).read("accounts.csv").decode("utf-8-sig")
    return [row[at] for row in csv.reader(io.StringIO(text, newline=""))][1:]


def test_who_left_a_label_is_exported(world: ExportWorld) -> None:
    export = exported(world, LEFT_VIP)
    assert (export.status, export.rows, export.total) == (Status.DONE, 1, 1)
    assert column(world, export) == ["a1"], "a2 left it in January, and who is gone is in no file"
    anybody = exported(world, Question(Kind.MOVED, moved=Moved(span=THIS_MONTH)))
    assert column(world, anybody) == ["a3", "a1"], "by name; a first run has moved nobody"
    assert (world.exports.number(anybody), world.exports.number(export)) == (2, 1)


def test_criteria_hold_of_them_as_they_are_now(world: ExportWorld) -> None:
    criteria = parse("name contains o", world.rows.catalog())
    moved = Question(Kind.MOVED, criteria, moved=Moved(span=THIS_MONTH))
    export = exported(world, moved)
    assert column(world, export) == ["a1"]
    assert {line.target for line in world.audit.lines()} == {
        "label changed · in this month · name contains o"
    }


def test_who_had_a_label_is_exported(world: ExportWorld) -> None:
    question = Question(Kind.HISTORY, held=WAS_VIP.held, sort=(Sort("name", descending=True),))
    export = exported(world, question)
    assert column(world, export) == ["a1", "a2"]
    assert column(world, exported(world, Question(Kind.HISTORY, held=WAS_VIP.held, limit=1))) == ["a2"]
    other = Question(Kind.HISTORY, held=Held(("VIP",), THIS_MONTH, "Purchase behaviour"))
    assert exported(world, other).rows == 0, "what was never scored has labelled nobody"


def test_their_contacts_are_a_mailing_list(world: ExportWorld, database: Database) -> None:
    people = {"a1": "Ida", "a3": "Lucille"}
    add(
        database,
        "crm_contact",
        *(
            {"id": f"c{key}", "account_id": key, "name": name, "email": f"{name}@x.example", "raw": "{}"}
            for key, name in people.items()
        ),
    )
    export = exported(world, LEFT_VIP, Wish(mailing=Mailing()))
    assert column(world, export, 1) == ["Ida"]


def test_made_again_it_is_of_the_period_of_that_day(world: ExportWorld, database: Database) -> None:
    draft = world.exports.begin(LEFT_VIP, "who left VIP this month", MELVIN, "CSALES")
    world.schedules.repeat(draft.public_id, Wish(columns=("name",)), Rhythm.MONDAY, MELVIN)
    world.clock.move(days=7)
    add(database, "label_change", change("a3", "VIP", "At Risk", -6))
    assert world.runs.run()["begun"] == 1
    [waiting] = world.history.every([Status.WAITING])
    assert waiting.further == LEFT_VIP.moved
    assert column(world, world.written(waiting)) == ["a3"], "in April; a1 left it in March"


def test_what_is_kept_is_read_again(world: ExportWorld) -> None:
    for question in (LEFT_VIP, WAS_VIP, Question(Kind.PROSPECTS, product="p1")):
        draft = world.exports.begin(question, "x", MELVIN, "CSALES")
        found = world.history.find(draft.public_id)
        assert found is not None
        assert found.further == (question.moved or question.held or Offered("p1"))
    offered = exported(world, Question(Kind.PROSPECTS, product="p1"))
    assert target_of(offered) == "to be offered the product p1"
    assert offered.rows == 0, "nothing recommends it"
