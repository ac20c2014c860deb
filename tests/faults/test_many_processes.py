"""Two processes of a role on one database: each message once, each slot once, each request once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.zoho.specification import OrganisationSpec
from tests.support.postgres import PostgresServer
from tests.support.processes import await_that
from tests.support.role_run import CHANNELS, QUICK, RoleRun, role_run
from tests.support.roles import started
from tests.support.slack_http import post, signed
from tests.support.slack_requests import event_body
from tests.support.slack_sandbox import Person

pytestmark = [pytest.mark.process, pytest.mark.timeout(400)]


SMALL = OrganisationSpec(accounts=6, deals=24)


# The least that shows it: two workers and two clocks on SQLite, two webs on PostgreSQL. `benchmarks.roles`
# has every role on both, and hundreds of kills.
def test_killed_at_random_each_message_stands_once(tmp_path: Path) -> None:
    with role_run(tmp_path, f"sqlite:///{tmp_path / 'roles.sqlite'}", 7, SMALL) as run:
        run.prepare(1)
        counts = run.go(len(CHANNELS), 2, (0.3, 1), roles=("worker", "clock"), mishaps=QUICK)
    assert counts.changes == len(CHANNELS)
    assert (counts.lost, counts.doubled, counts.slots_done_twice) == (0, 0, 0)
    assert (counts.untold, counts.withdrawn) == (0, 0)
    assert sum(counts.kills.values()) == 2


@pytest.fixture
def run(postgres_server: PostgresServer, tmp_path: Path) -> Iterator[RoleRun]:
    with postgres_server.fresh("template1") as url, role_run(tmp_path, url, 7) as made:
        yield made


def test_a_request_and_an_event_are_taken_by_one_of_two_processes(run: RoleRun) -> None:
    run.prepare(1)
    with started(run.product, roles=("web",)) as running:
        await_that(lambda: all(one.is_ready() for one in running), 120, "every process answers")
        webs = [f"{one.url}/slack/events" for one in running]
        asked = event_body("message", user="UDARCEL", channel="DDARCEL", channel_type="im", text="help")
        body = json.dumps(asked | {"team_id": "T0SANDBOX"}).encode()
        headers = signed(body)
        # On a busy machine the acknowledgement may come before the refusal: what counts is what was done.
        assert {post(url, body, headers).status_code for url in (*webs, *webs)} <= {200, 401}
        for url, attempt in zip(webs, (1, 2), strict=True):
            again = json.dumps(asked | {"team_id": "T0SANDBOX", "attempt": attempt}).encode()
            assert post(url, again, signed(again)).status_code == 200
        last = event_body("message", user="UDARCEL", channel="DDARCEL", channel_type="im", text="help")
        body = json.dumps(last | {"team_id": "T0SANDBOX"}).encode()
        assert post(webs[1], body, signed(body)).status_code == 200
        person = Person(run.slack)
        answers = "What you can ask Bellwether"
        await_that(
            lambda: sum(answers in str(one) for one in person.messages("DDARCEL")) == 2, 30, "two answers"
        )
