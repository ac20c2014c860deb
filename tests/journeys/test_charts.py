"""A chart, from the button to the picture on the page: our app, Slack of the sandbox, renderer, browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests
from playwright.sync_api import expect

from bot.app.answers import Group
from bot.pictures.drawing import VegaPictures
from bot.slack import ids
from bot.slack.app import build_app
from sandbox.slack.serve import running
from tests.support.browser import needs_chromium, screenshot
from tests.support.fake_services import breakdown_answer, fake_world
from tests.support.page_browser import blameless_page, chromium, opened_window
from tests.support.slack_sandbox import MANIFEST, Person, connected, until

Json = dict[str, Any]
QUESTION = "how many champions per industry?"
GROUPS = [
    Group(name, 40 - 3 * at)
    for at, name in enumerate(("medical", "retail", "<!channel>", "חקלאות", "x" * 200))
]
BUTTON = {
    "type": "button",
    "action_id": ids.CHART,
    "value": QUESTION,
    "text": {"type": "plain_text", "text": "Chart"},
}


@pytest.fixture(scope="module")
def pictures() -> Iterator[VegaPictures]:
    drawing = VegaPictures(seconds=60)
    yield drawing
    drawing.close()


@pytest.fixture
def base_url(pictures: VegaPictures) -> Iterator[str]:
    world = fake_world()
    world.asking.knows(QUESTION, breakdown_answer(*GROUPS))
    with running(manifest=MANIFEST) as slack:
        app = build_app(
            replace(world.services, pictures=pictures),
            bot_token="xoxb-sandbox-bot",
            api_url=f"{slack.base_url}/api/",
            configuration=lambda: world.configuration,
        )
        with connected(app):
            answer = [{"type": "actions", "elements": [BUTTON]}]
            for channel in ("CSALES", "COPS"):
                app.client.chat_postMessage(channel=channel, text="17 accounts", blocks=answer)
            yield slack.base_url


def file_in(person: Person, channel: str) -> tuple[Json, Json]:
    """The message with a file, and the file, as soon as there is one."""

    def look() -> tuple[Json, Json] | None:
        found = [one for one in person.messages(channel) if one.get("files")]
        return (found[0], found[0]["files"][0]) if found else None

    return until(look, f"no file in {channel}", seconds=60)


def test_a_chart_is_drawn_uploaded_and_seen_in_the_thread(base_url: str) -> None:
    darcel = Person(base_url)
    answer = darcel.await_message("CSALES", "17 accounts")
    darcel.press(answer, ids.CHART)
    message, file = file_in(darcel, "CSALES")
    assert message["thread_ts"] == answer["ts"]
    assert file["title"] == "170 accounts by industry"
    assert file["alt_txt"].startswith("170 accounts by industry: medical 40, retail 37, <!channel> 34")
    assert file["original_w"] == 1160
    assert requests.get(file["url_private"], timeout=5).content.startswith(b"\x89PNG")


def test_a_private_chart_is_in_the_direct_messages_and_the_person_is_told(base_url: str) -> None:
    melvin = Person(base_url, "UMELVIN")
    melvin.press(melvin.await_message("COPS", "17 accounts"), ids.CHART)
    file_in(melvin, melvin.dm)
    told = melvin.await_message("COPS", "The chart is in our direct messages")
    assert told["ephemeral_for"] == "UMELVIN"
    assert not any(one.get("files") for one in melvin.messages("COPS"))


@needs_chromium
@pytest.mark.browser
def test_the_page_shows_the_picture_in_both_themes(base_url: str) -> None:
    darcel = Person(base_url)
    darcel.press(darcel.await_message("CSALES", "17 accounts"), ids.CHART)
    file_in(darcel, "CSALES")
    with chromium() as browser:
        for scheme in ("light", "dark"):
            with opened_window(browser, color_scheme=scheme) as window, blameless_page(window) as page:
                page.goto(f"{base_url}/?as=UDARCEL&at=CSALES")
                page.get_by_test_id("replies").first.click()
                image = page.get_by_role("img", name="170 accounts by industry").first
                expect(image).to_be_visible()
                assert image.evaluate("(one) => one.complete && one.naturalWidth") == 1160
                box = image.bounding_box()
                assert box is not None
                assert 200 < box["width"] <= 480
                height = image.evaluate("(one) => one.naturalHeight")
                assert box["width"] / box["height"] == pytest.approx(1160 / height, rel=0.05)
                screenshot(page, f"chart-{scheme}")
