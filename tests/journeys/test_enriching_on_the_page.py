"""Enriching as a person sees it on the page: what is proposed, the form of consent, a batch, history."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.test_enriching_in_slack import FILLED, Stage, stage
from tests.support.browser import needs_chromium, opened_page, screenshot

__all__ = ["stage"]
pytestmark = [pytest.mark.browser, pytest.mark.process, pytest.mark.timeout(180), needs_chromium]
PATIENCE_MS = 30_000


def shown(page: Page, text: str) -> Locator:
    """The last message that says so."""
    message = page.get_by_test_id("message").filter(has_text=text).last
    expect(message).to_be_visible(timeout=PATIENCE_MS)
    return message


def at_work(stage: Stage, slack_id: str) -> Any:
    """The page of a person, at their talk with the app."""
    return opened_page(
        f"{stage.base_url}/?as={slack_id}&at={stage.person(slack_id).dm}", width=1280, height=900
    )


def test_one_account_by_consent_and_its_history(stage: Stage) -> None:
    crm = stage.world.crm.records["k"]
    for name in set(crm) & FILLED:  # by another test, if that came first
        crm[name] = None
    with at_work(stage, "UDARCEL") as page:
        stage.person("UDARCEL").say(stage.person("UDARCEL").dm, "enrich konex")
        shown(page, "Reading what the website of Konex says")
        stage.work(stage.desk)
        proposed = shown(page, "Review and choose")
        expect(proposed).to_contain_text("Dallas")
        screenshot(page, "enriching-1-proposed")
        proposed.get_by_role("button", name="Review and choose").click()
        form = page.get_by_test_id("modal")
        expect(form).to_contain_text("konex.example", timeout=PATIENCE_MS)
        screenshot(page, "enriching-2-consent")
        boxes = form.locator("input[type=checkbox]")
        ticked = [at for at in range(boxes.count()) if boxes.nth(at).is_checked()]
        assert 0 < len(ticked) < boxes.count(), "what stands in the CRM already is not chosen"
        for at in ticked:
            boxes.nth(at).uncheck()
        page.get_by_test_id("modal-submit").click()
        page.get_by_text("Tick one field at least.").wait_for()
        screenshot(page, "enriching-3-nothing-chosen")
        boxes.nth(ticked[0]).check()
        page.get_by_test_id("modal-submit").click()
        expect(form).to_be_hidden(timeout=PATIENCE_MS)
        stage.work(stage.desk)
        expect(shown(page, "Konex: 1 of 1 field written")).to_contain_text("written")
        stage.person("UDARCEL").say(stage.person("UDARCEL").dm, "enrich history")
        shown(page, "Enriched lately")
        screenshot(page, "enriching-4-history")


def test_a_batch_in_one_message(stage: Stage) -> None:
    stage.world.clock.move(days=40)  # what other tests have read is old
    ada = stage.person("UADA")
    with at_work(stage, "UADA") as page:
        ada.say(ada.dm, "enrich all accounts")
        asked = shown(page, "Enrich 7 accounts?")
        screenshot(page, "enriching-5-batch")
        asked.get_by_role("button", name="Enrich").first.click()
        if page.get_by_test_id("confirm").is_visible():
            page.get_by_test_id("confirm-ok").click()
        stage.work(stage.desk)
        shown(page, "7 accounts wait for their turn")
        screenshot(page, "enriching-6-waiting")
        stage.work(stage.batches)
        expect(shown(page, "7 accounts done")).to_contain_text("The site could not be reached: 2")
        screenshot(page, "enriching-7-done")
        ada.say(ada.dm, "enrich history")
        shown(page, "Enriched lately")
        screenshot(page, "enriching-8-history")
