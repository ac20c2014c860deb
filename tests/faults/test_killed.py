"""``kill -9`` at the worst moments: the copy ends complete, and an alert comes exactly once."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import await_that
from tests.support.whole import World, world

pytestmark = [pytest.mark.process, pytest.mark.timeout(240)]

DEALS = "SELECT count(*) FROM crm_transaction"
ALL_DEALS = 8800
# Longer than the lease that a killed process leaves behind, and than one more poll.
LONG_ENOUGH_FOR_A_SECOND_ALERT = 6


@pytest.fixture
def here(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as it:
        yield it


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait(10)


def scored(here: World) -> None:
    """Read and score everything, so that what comes next is a change and no baseline."""
    for command in ("sync", "score"):
        outcome = here.product.run(command, seconds=120)
        assert outcome.returncode == 0, outcome.stderr


def test_in_the_middle_of_the_first_sync(here: World) -> None:
    here.order("zoho", "latency", "/crm/v8/Deals", seconds=0.15)
    with here.product.started("run") as process:
        here.await_scalar(DEALS, 400)
        kill(process)
    partly = here.scalar(DEALS)
    assert 400 <= partly < ALL_DEALS
    here.mend("zoho")
    with here.product.started("run"):
        here.await_scalar(DEALS, ALL_DEALS, seconds=90)
        here.await_scalar("SELECT count(*) FROM score WHERE label IS NOT NULL", 60)
    assert here.scalar(DEALS) == ALL_DEALS
    assert here.scalar("SELECT count(*) FROM crm_account") == 85
    read = here.scalar("SELECT sum(amount_minor) FROM crm_transaction WHERE stage = 'Closed Won'")
    assert read == here.won_total_minor()


def test_between_the_label_change_and_the_post(here: World) -> None:
    scored(here)
    account = here.best_account()
    here.order("slack", "down", "chat.postMessage")
    with here.product.started("run") as process:
        here.product.await_ready()
        here.lose_deals(account["id"])
        here.await_scalar("SELECT count(*) FROM outbox WHERE kind = 'alert'", 1)
        kill(process)
    assert here.alerts(account["name"]) == []
    here.mend("slack")
    with here.product.started("run"):
        await_that(lambda: len(here.alerts(account["name"])) > 0, 60, "the alert")
        time.sleep(LONG_ENOUGH_FOR_A_SECOND_ALERT)
    assert len(here.alerts(account["name"])) == 1
    present = "run_id IN (SELECT id FROM run WHERE cause != 'past')"  # what was reckoned back is no news
    worse = f"SELECT count(*) FROM label_change WHERE NOT baseline AND direction = 'worse' AND {present}"
    assert here.scalar(worse) == 1


def test_after_the_post_but_before_it_was_noted(here: World) -> None:
    scored(here)
    account = here.best_account()
    here.order("slack", "lost_answer", "chat.postMessage")
    with here.product.started("run") as process:
        here.product.await_ready()
        here.lose_deals(account["id"])
        await_that(lambda: len(here.alerts(account["name"])) > 0, 60, "the alert")
        kill(process)
    assert here.scalar("SELECT count(*) FROM outbox WHERE kind = 'alert' AND state = 'sent'") == 0
    here.mend("slack")
    with here.product.started("run"):
        here.await_scalar("SELECT count(*) FROM outbox WHERE kind = 'alert' AND state = 'sent'", 1)
        time.sleep(LONG_ENOUGH_FOR_A_SECOND_ALERT)
    assert len(here.alerts(account["name"])) == 1


def test_sigterm_ends_cleanly_in_the_middle_of_a_sync(here: World) -> None:
    here.order("zoho", "latency", "/crm/v8/Deals", seconds=0.15)
    with here.product.started("run") as process:
        here.await_scalar(DEALS, 400)
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(25) == 0
        assert time.monotonic() - asked < 25
    assert here.scalar("SELECT state FROM job WHERE kind = 'sync'") == "pending", "given back, not failed"
    here.mend("zoho")
    with here.product.started("run"):
        here.await_scalar(DEALS, ALL_DEALS)
