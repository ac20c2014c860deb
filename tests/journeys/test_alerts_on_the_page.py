"""What people do with alerts, on the page: assigned, put to rest, said not to be at risk; many as one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from bot.app.config.starting import STARTING_DOCUMENT
from tests.support.browser import needs_chromium, opened_page, screenshot
from tests.support.whole import World, running_world

pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(300), needs_chromium]

PATIENCE_MS = 60_000
FLOOD = 2


@pytest.fixture
def running(tmp_path: Path) -> Iterator[World]:
    assert "flood: 20 " in STARTING_DOCUMENT
    with running_world(tmp_path, STARTING_DOCUMENT.replace("flood: 20 ", f"flood: {FLOOD} ")) as it:
        yield it


def lost(running: World, page: Page, account: Any) -> Locator:
    """The alert of an account that has just lost its deals."""
    running.lose_deals(account["id"])
    alert = page.get_by_test_id("message").filter(has_text=account["name"]).filter(has_text="At stake")
    expect(alert).to_contain_text("At Risk", timeout=PATIENCE_MS)
    return alert


def test_what_is_done_with_alerts_and_many_are_one_summary(running: World) -> None:
    first, second, third, *several = (running.best_account(rank) for rank in range(3 + 3 * FLOOD))
    with opened_page(f"{running.slack_url}/?as=UMELVIN&at=CALERTS", width=1280, height=900) as page:
        given = lost(running, page, first)
        screenshot(page, "alerts-1-alert")
        given.get_by_role("button", name="Assign").click()
        page.locator("[data-testid=modal] select").select_option(label="Darcel Schlecht")
        screenshot(page, "alerts-2-assign")
        page.get_by_test_id("modal-submit").click()
        expect(given).to_contain_text("Given to Darcel Schlecht", timeout=PATIENCE_MS)

        resting = lost(running, page, second)
        resting.locator("[data-action-id=alert_snooze]").select_option(label="7 days")
        expect(resting).to_contain_text("Snoozed until", timeout=PATIENCE_MS)
        screenshot(page, "alerts-3-snoozed")

        none = lost(running, page, third)
        none.get_by_role("button", name="More actions").click()
        none.get_by_role("menuitem", name="Not at risk…").click()
        page.get_by_label("Another reason").check()
        page.get_by_test_id("modal-submit").click()
        page.get_by_text("Say what the reason is.").wait_for()
        screenshot(page, "alerts-4-error")
        page.locator("textarea[data-block-id=words]").fill("They moved.")
        page.get_by_test_id("modal-submit").click()
        expect(none).to_contain_text("Not at risk: They moved.", timeout=PATIENCE_MS)
        screenshot(page, "alerts-5-none")

        for account in several:
            running.lose_deals(account["id"])
        # The accounts may be scored in two runs, of which one has more than the route's flood.
        summary = page.get_by_test_id("message").filter(has_text="accounts changed their label").last
        expect(summary.locator("tbody tr").nth(FLOOD)).to_be_visible(timeout=PATIENCE_MS)
        screenshot(page, "alerts-6-summary")

        for person, is_admin in (("UDARCEL", False), ("UADA", True)):
            page.goto(f"{running.slack_url}/?as={person}&at=home")
            home = page.get_by_test_id("home-view")
            expect(home).to_contain_text("At Risk", timeout=PATIENCE_MS)
            expect(home.get_by_role("button", name="Edit configuration")).to_have_count(int(is_admin))
            screenshot(page, f"alerts-7-home-{person}")
