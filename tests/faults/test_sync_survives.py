"""What Zoho does to a sync: it ends exact, or stops with one sentence and goes on later.

An organisation of the sandbox is read over HTTP into a real database, and broken in the middle.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.runtime.clock import clock_for
from connector.cache.engine import Database
from connector.errors import NeedsPerson, OutOfBudget, Retriable
from connector.zoho import client as http_client
from connector.zoho.client import RetryPolicy
from sandbox.zoho.serve import running
from tests.support.surviving_copy import DEALS, ORGANISATION, PAGE, Copy, assert_is_a_sentence

HOUR_SECONDS, ONE_DAY_SECONDS = 3_700, 25 * 3600


@pytest.fixture
def clock_file(tmp_path: Path) -> Path:
    file = tmp_path / "clock"
    file.write_text("0")
    return file


@pytest.fixture
def zoho_in_time(clock_file: Path) -> Iterator[str]:
    """An organisation for which hours pass."""
    with running(clock_file=clock_file, organisation=ORGANISATION) as server:
        yield server.base_url


@pytest.fixture
def copy_in_time(zoho_in_time: str, sqlite: Database, clock_file: Path) -> Copy:
    return Copy(zoho_in_time, sqlite, clock=clock_for(clock_file))


class TestZohoAnswersBadly:
    PATHS = (
        "org",
        "settings/modules",
        "users",
        "settings/fields",
        "Deals",
        "coql",
        "deleted",
        "read",
        "/result",
    )

    @pytest.mark.parametrize(
        ("kind", "way"),
        [
            *(("rate_limit", "lists"), ("rate_limit", "queries")),
            *(("server_error", "lists"), ("server_error", "bulk")),
            *(("bad_gateway", "queries"), ("hang", "queries"), ("hang", "bulk")),
            *(("cut_body", "lists"), ("cut_body", "queries"), ("cut_body", "bulk")),
        ],
    )
    def test_twice_at_every_address(self, copy: Copy, kind: str, way: str) -> None:
        copy.way = way
        seconds = 0.05 if kind == "hang" else 0  # it ends as gateways end what takes too long
        for path in self.PATHS:
            copy.sandbox("POST", "faults", kind=kind, match=path, times=2, seconds=seconds)
        copy.sync()
        copy.assert_equal()

    def test_a_short_storm_is_waited_for_as_long_as_zoho_asks(self, copy: Copy) -> None:
        storm = {"kind": "rate_limit", "match": "/crm/v8/coql", "times": 2, "seconds": 1}
        began = time.monotonic()
        copy.sync_with(lambda: copy.sandbox("POST", "faults", **storm))
        assert time.monotonic() - began >= 2
        copy.assert_equal()

    def test_a_long_storm_is_not_insisted_on(self, copy: Copy) -> None:
        def storm() -> None:
            copy.sandbox("DELETE", "calls")
            copy.sandbox("POST", "faults", kind="rate_limit", match="/crm/", seconds=90)

        error = copy.stopped_by(storm)
        assert isinstance(error, Retriable)
        assert error.after_seconds == 90
        assert copy.sandbox("GET", "calls")["statuses"]["429"] == 1
        copy.sandbox("DELETE", "faults")
        copy.assert_goes_on(kept=PAGE)

    def test_no_place_among_the_calls_at_once(self, copy: Copy) -> None:
        error = copy.stopped_by(lambda: copy.sandbox("POST", "limits", concurrent_calls=0))
        assert isinstance(error, Retriable)
        assert "429" in str(error)
        copy.sandbox("POST", "limits", concurrent_calls=20)
        copy.assert_goes_on(kept=PAGE)

    @pytest.mark.parametrize("way", ["lists", "queries"])
    @pytest.mark.parametrize(
        ("kind", "said"), [("server_error", "500"), ("bad_gateway", "502"), ("cut_body", "broke off")]
    )
    def test_until_it_is_mended(self, copy: Copy, kind: str, said: str, way: str) -> None:
        copy.way = way
        error = copy.stopped_by(lambda: copy.sandbox("POST", "faults", kind=kind, match="/crm/"))
        assert isinstance(error, Retriable)
        assert said in str(error)
        assert copy.last_run().error == str(error)
        copy.sandbox("DELETE", "faults")
        copy.assert_goes_on(kept=PAGE)

    @pytest.mark.parametrize("kind", ["server_error", "cut_body"])
    def test_the_file_of_a_bulk_job(self, copy: Copy, kind: str) -> None:
        copy.way = "bulk"
        copy.sandbox("POST", "faults", kind=kind, match="/result")
        with pytest.raises(Retriable) as caught:
            copy.sync()
        assert_is_a_sentence(str(caught.value))
        copy.sandbox("DELETE", "faults")
        copy.assert_goes_on(kept=0)
        jobs = copy.sandbox("GET", "calls")["calls"]["POST /crm/bulk/v8/read"]
        assert jobs == len(copy.mapping.modules), "the job whose file did not come was not ordered again"

    def test_no_answer_in_time(self, copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(http_client, "READ_SECONDS", 1.0)
        copy.retry = RetryPolicy(attempts=2, first_wait_seconds=0.01, longest_wait_seconds=0.02)
        hang = {"kind": "hang", "match": "/crm/v8/coql", "seconds": 60}
        copy.sync_with(lambda: copy.sandbox("POST", "faults", **hang, times=1))
        copy.assert_equal()

    def test_no_answer_at_all(self, copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(http_client, "READ_SECONDS", 1.0)
        copy.retry = RetryPolicy(attempts=2, first_wait_seconds=0.01, longest_wait_seconds=0.02)
        hang = {"kind": "hang", "match": "/crm/v8/coql", "seconds": 60}
        error = copy.stopped_by(lambda: copy.sandbox("POST", "faults", **hang))
        assert "did not answer POST /crm/v8/coql in time" in str(error)
        copy.sandbox("DELETE", "faults")
        copy.assert_goes_on(kept=PAGE)


class TestTheTokenIsRevoked:
    def test_and_restored(self, copy: Copy) -> None:
        error = copy.stopped_by(lambda: copy.sandbox("POST", "tokens/revoke"))
        assert isinstance(error, NeedsPerson)
        assert "BELLWETHER_ZOHO__REFRESH_TOKEN" in str(error)
        copy.sandbox("POST", "tokens/restore")
        copy.assert_goes_on(kept=PAGE)

    def test_before_anything_was_read(self, copy: Copy) -> None:
        copy.crm().organisation()
        copy.sandbox("POST", "tokens/revoke")
        copy.sandbox("DELETE", "calls")
        with pytest.raises(NeedsPerson) as caught:
            copy.sync()
        assert_is_a_sentence(str(caught.value))
        assert copy.sandbox("GET", "calls")["calls"]["POST /oauth/v2/token"] == 1, "Zoho grants few"
        copy.sandbox("POST", "tokens/restore")
        copy.assert_goes_on(kept=0)


class TestTheCreditsAreUsedUp:
    def test_and_replenished_the_next_day(self, copy_in_time: Copy, clock_file: Path) -> None:
        copy = copy_in_time

        def use_up() -> None:
            used = copy.sandbox("GET", "calls")["credits_used"]
            copy.sandbox("POST", "limits", daily_credits=used + 2)

        error = copy.stopped_by(use_up)
        assert isinstance(error, OutOfBudget), "Zoho said what was left, and we asked no further"
        assert "429" not in copy.sandbox("GET", "calls")["statuses"]
        copy.sandbox("POST", "limits", daily_credits=500)
        clock_file.write_text(str(ONE_DAY_SECONDS))
        copy.assert_goes_on(kept=PAGE)

    def test_and_more_were_bought(self, copy_in_time: Copy, clock_file: Path) -> None:
        copy = copy_in_time
        copy.stopped_by(lambda: copy.sandbox("POST", "limits", daily_credits=1))
        copy.sandbox("POST", "limits", daily_credits=100_000)
        with pytest.raises(OutOfBudget):
            copy.sync()
        clock_file.write_text(str(HOUR_SECONDS))  # what Zoho said is not believed for longer
        copy.assert_goes_on(kept=PAGE)

    def test_our_share_is_not_overdrawn(
        self, zoho_in_time: str, database: Database, clock_file: Path
    ) -> None:
        copy = Copy(zoho_in_time, database, clock=clock_for(clock_file))
        copy.daily = 41
        with pytest.raises(OutOfBudget) as caught:
            copy.sync()
        assert_is_a_sentence(str(caught.value))
        assert copy.sandbox("GET", "calls")["credits_used"] <= 33
        assert "429" not in copy.sandbox("GET", "calls")["statuses"]
        kept = copy.held()
        assert 0 < kept < DEALS
        assert caught.value.after_seconds is not None
        clock_file.write_text(str(int(caught.value.after_seconds) + 1))
        copy.assert_goes_on(kept=kept)
