"""One browser for many tests of the sandbox's page, and pages that must not complain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.support.browser import ARGUMENTS, CHROMIUM


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser; the test is skipped where it is not installed."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: install `chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened_window(
    browser: Browser, width: int = 1280, height: int = 860, **options: Any
) -> Iterator[BrowserContext]:
    """A window of some size, for any number of pages; they share what was loaded."""
    window = browser.new_context(viewport={"width": width, "height": height}, locale="en-US", **options)
    window.set_default_timeout(10_000)
    try:
        yield window
    finally:
        window.close()


@contextmanager
def blameless_page(window: BrowserContext) -> Iterator[Page]:
    """A page that must have written no error and violated no content policy when the test is done."""
    page = window.new_page()
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    try:
        yield page
        assert faults == []
    finally:
        page.close()
