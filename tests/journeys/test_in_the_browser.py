"""A person at the page: asks, sees the table, loses a deal, presses Acknowledge, sees the message change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.browser import needs_chromium, opened_page, screenshot
from tests.support.whole import World, running_world

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(240), needs_chromium]

PATIENCE_MS = 60_000


@pytest.fixture
def running(tmp_path: Path) -> Iterator[World]:
    with running_world(tmp_path) as it:
        yield it


def test_a_question_an_alert_and_an_acknowledgement(running: World) -> None:
    account = running.best_account()
    with opened_page(running.slack_url) as page:
        page.get_by_test_id("dm-bellwether").click()
        page.get_by_test_id("composer").fill("show VIP accounts in healthcare")
        page.get_by_test_id("composer").press("Enter")
        table = page.get_by_test_id("message").locator("table").first
        expect(table).to_be_visible(timeout=PATIENCE_MS)
        assert table.locator("tr").count() > 1
        expect(page.get_by_test_id("message").last).to_contain_text("industry = medical")
        screenshot(page, "1-question")

        page.locator(f'[data-account="{account["id"]}"]').get_by_test_id("lose").click()
        page.get_by_test_id("channel-cs-alerts").click()
        alert = page.get_by_test_id("message").filter(has_text=account["name"]).filter(has_text="At stake")
        expect(alert).to_contain_text("At Risk", timeout=PATIENCE_MS)
        screenshot(page, "2-alert")
        alert.get_by_role("button", name="Acknowledge").click()
        expect(alert).to_contain_text("Acknowledged by", timeout=PATIENCE_MS)
        expect(alert.get_by_role("button", name="Acknowledge")).to_have_count(0)
        screenshot(page, "3-acknowledged")
        page.get_by_test_id("home").click()
        expect(page.get_by_test_id("home-view")).to_contain_text("VIP", timeout=PATIENCE_MS)
        screenshot(page, "4-home")
