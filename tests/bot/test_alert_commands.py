"""The commands that ask about alerts, as somebody types them."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.store.schema import migrate
from connector.cache.engine import open_database
from tests.bot.test_routes import HEAD
from tests.support.commands import command
from tests.support.scoring_world import World

ROUTE = '    - {name: R, channel: "#cs", criteria: label worsened and total_spend > 1k}\n'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A directory with a database in which an account slipped today."""
    database = open_database(f"sqlite:///{tmp_path / 'bw.sqlite'}")
    migrate(database)
    world = World(database)
    world.clock.moment = datetime.now(UTC) - timedelta(hours=3)
    world.publish(HEAD + ROUTE)
    world.account("big", *((days, 2_000) for days in (5, 20, 40, 100, 200, 300)))
    world.run("first")
    world.lose("big", 120)
    world.run("change")
    database.close()
    return tmp_path


def said(home: Path, *arguments: str) -> tuple[int, str, str]:
    environment = os.environ | {"BELLWETHER_DATABASE_URL": f"sqlite:///{home / 'bw.sqlite'}"}
    done = command(["alerts", *arguments], environment, home, 120)
    return done.returncode, done.stdout, done.stderr


def test_a_preview_says_what_would_have_been_told(home: Path) -> None:
    code, out, err = said(home, "preview", "--since", "30d", "--json")
    assert (code, err) == (0, "")
    [route] = json.loads(out)["routes"]
    assert (route["route"], route["selected"]) == ("R", 1)
    assert [(one["to"], one["alerts"]) for one in route["sent"]] == [("#cs", 1)]
    code, out, _ = said(home, "preview", "--route", "R")
    assert out.startswith("R: 1 alert and 0 summaries of 1 selected changes.")


def test_a_draft_is_tried_and_a_wrong_one_refused_at_its_line(home: Path) -> None:
    draft = home / "draft.yaml"
    draft.write_text(HEAD + ROUTE.replace("1k", "50k"))
    code, out, _ = said(home, "preview", "--config", str(draft), "--json")
    assert (code, json.loads(out)["routes"][0]["selected"]) == (0, 0)
    draft.write_text(HEAD + ROUTE.replace("total_spend", "total_spent"))
    code, _, err = said(home, "preview", "--config", str(draft))
    assert code == 1
    assert "total_spend" in err
    assert "There is no route 'Q'" in said(home, "preview", "--route", "Q")[2]


def test_the_noise_is_a_table_and_json(home: Path) -> None:
    code, out, _ = said(home, "noise", "--json")
    assert code == 0
    [row] = json.loads(out)
    assert (row["channel"], row["route"], row["sent"]) == ("#cs", "R", 0)
    assert said(home, "noise", "--since", "2199-01-01")[0] == 1
