"""Every call that the connector makes is compared with Zoho's description, or is listed with a reason.

A call that is new in the connector fails here: first because the tour does not come by it, then because it is
in no table.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.cache.engine import open_database
from sandbox.zoho.serve import running
from tests.contracts.call_sites import Record, call_sites, fits, foreign_speakers, recorded
from tests.contracts.finance_operations import DESK, FINANCE
from tests.contracts.operations import CRM
from tests.contracts.tour import tour
from tests.contracts.unlisted import UNLISTED
from tests.support.finance_world import SandboxTime
from tests.support.postgres import create_tables

COMPARED = frozenset(one.address for one in (*CRM, *FINANCE, *DESK))


@pytest.fixture(scope="module")
def toured(tmp_path_factory: pytest.TempPathFactory) -> Record:
    """What the connector called on its tour."""
    folder: Path = tmp_path_factory.mktemp("tour")
    url, clock = f"sqlite:///{folder / 'copy.sqlite'}", folder / "clock"
    create_tables(url)
    database = open_database(url)
    with running(clock_file=clock) as server, recorded() as record:
        tour(server.base_url, database, SandboxTime(clock))
    database.close()
    return record


def test_the_tour_comes_by_every_place_that_calls_zoho(toured: Record) -> None:
    sites = call_sites()
    assert len(sites) > 30, "the source is read"
    assert sorted(map(str, sites - toured.sites)) == []


def test_nothing_else_in_the_connector_speaks_http() -> None:
    assert foreign_speakers() == []


def test_every_call_is_compared_or_listed(toured: Record) -> None:
    known = COMPARED | {(method, template) for method, template, _ in UNLISTED}
    strange = {
        (method, path)
        for method, path in toured.calls
        if not any(method == one and fits(template, path) for one, template in known)
    }
    assert sorted(strange) == []


def test_every_listed_call_is_made(toured: Record) -> None:
    unmade = [
        (method, template)
        for method, template, _ in UNLISTED
        if not any(method == one and fits(template, path) for one, path in toured.calls)
    ]
    assert unmade == []
