"""The feed's two kinds of jobs: what they do with the sync, and who hears of it when Zoho refuses."""

from __future__ import annotations

import threading
from typing import Any, cast

from bot.app.ports import Job
from bot.runtime.feed import CHANNELS, FEED
from bot.runtime.handlers import SYNC, Handlers
from bot.store.incidents import SqlIncidents
from connector.cache.engine import Database
from connector.errors import NeedsPerson
from tests.support.moved_clock import SetClock

REFUSED = NeedsPerson("Zoho does not let us use watch.", "Make a new refresh token.")


def handlers(database: Database) -> Handlers:
    """Only the parts that are looked at here."""
    nobody = cast("Any", None)
    incidents = SqlIncidents(database, SetClock(), lambda: "#admins")
    return Handlers(nobody, nobody, nobody, nobody, nobody, nobody, nobody, incidents, threading.Event())


def job(kind: str) -> Job:
    return Job(1, kind, "slot", {}, 1)


def open_names(made: Handlers) -> list[str]:
    return [one.name for one in made.incidents.open_ones()]


def test_channels_that_zoho_refuses_are_a_trouble_of_their_own(database: Database) -> None:
    made = handlers(database)
    made.on_failure(job(CHANNELS), REFUSED)
    assert open_names(made) == ["job:channels"]
    made.on_success(job(SYNC))  # polling goes on, and does not end it
    assert open_names(made) == ["job:channels"]
    made.on_success(job(CHANNELS))
    assert open_names(made) == []


def test_records_that_cannot_be_read_again_are_zohos_trouble(database: Database) -> None:
    made = handlers(database)
    made.on_failure(job(FEED), REFUSED)
    assert open_names(made) == ["zoho"]
    made.on_success(job(FEED))
    assert open_names(made) == ["zoho"]
    made.on_success(job(SYNC))
    assert open_names(made) == []


def test_the_kinds_are_known(database: Database) -> None:
    assert {FEED, CHANNELS} <= set(handlers(database).by_kind())
