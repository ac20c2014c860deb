"""The page on the sandbox's own server, with a real Bolt app behind it: asked, answered, pressed, updated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect
from slack_bolt import App

from sandbox.slack.serve import running
from tests.support.page_browser import blameless_page, chromium, opened_window
from tests.support.slack_sandbox import MANIFEST, bolt_app, connected

pytestmark = pytest.mark.browser

Json = dict[str, Any]
BUTTON = {
    "type": "button",
    "action_id": "acknowledge",
    "value": "7",
    "style": "primary",
    "text": {"type": "plain_text", "text": "Acknowledge"},
}
WHY = {
    "type": "input",
    "block_id": "why",
    "label": {"type": "plain_text", "text": "Why"},
    "element": {"type": "plain_text_input", "action_id": "text"},
}
MODAL = {
    "type": "modal",
    "callback_id": "note",
    "title": {"type": "plain_text", "text": "Acknowledge"},
    "submit": {"type": "plain_text", "text": "Save"},
    "blocks": [WHY],
}


def section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def answer() -> list[Json]:
    cells = [["Account", "Spend"], ["Kan-code <&>", "$341,455"]]
    rows = [[{"type": "raw_text", "text": text} for text in row] for row in cells]
    return [{"type": "table", "rows": rows}, {"type": "actions", "elements": [BUTTON]}]


def answering(base_url: str) -> App:
    app = bolt_app(base_url)

    @app.event("app_mention")
    def on_mention(event: Json, say: Any) -> None:
        say(text="1 account", blocks=answer(), thread_ts=event.get("thread_ts"))

    @app.event("message")
    def on_message(event: Json, say: Any) -> None:
        if event["channel_type"] == "im":
            say(f"You said: {event['text']}")

    @app.command("/bellwether")
    def on_command(ack: Any, command: Json) -> None:
        ack(f"Only for you: {command['text']}")

    @app.action("acknowledge")
    def on_acknowledge(ack: Any, body: Json, client: Any) -> None:
        ack()
        where = f"{body['channel']['id']} {body['message']['ts']}"
        client.views_open(trigger_id=body["trigger_id"], view=MODAL | {"private_metadata": where})

    @app.view("note")
    def on_note(ack: Any, view: Json, body: Json, client: Any) -> None:
        why = view["state"]["values"]["why"]["text"]["value"]
        if len(why) < 5:
            ack(response_action="errors", errors={"why": "Say a little more."})
            return
        ack()
        channel, ts = view["private_metadata"].split()
        text = f":white_check_mark: Acknowledged by <@{body['user']['id']}>: {why}"
        client.chat_update(channel=channel, ts=ts, text=text, blocks=[section(text)])

    @app.event("app_home_opened")
    def on_home(event: Json, client: Any) -> None:
        view = {"type": "home", "blocks": [section(f"Good morning, <@{event['user']}>")]}
        client.views_publish(user_id=event["user"], view=view)

    return app


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    clock: Path = tmp_path_factory.mktemp("clock") / "offset"
    with running(manifest=MANIFEST, clock_file=clock) as slack, connected(answering(slack.base_url)):
        yield slack.base_url


@pytest.fixture(scope="module")
def browser(base_url: str) -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with opened_window(browser) as window, blameless_page(window) as one:
        yield one


def go(page: Page, base_url: str, place: str, person: str = "UDARCEL") -> None:
    page.goto(f"{base_url}/?as={person}")
    page.get_by_test_id(place).click()
    expect(page.get_by_test_id(place)).to_have_attribute("aria-current", "page")


def say(page: Page, text: str) -> None:
    page.get_by_test_id("composer").fill(text)
    page.get_by_test_id("composer").press("Enter")


def test_a_question_is_answered_acknowledged_and_the_message_changes(page: Page, base_url: str) -> None:
    go(page, base_url, "channel-sales")
    say(page, "@bellwether show VIP accounts")
    reply = page.get_by_test_id("message").filter(has=page.locator("table")).last
    expect(reply.locator("tbody td").first).to_have_text("Kan-code <&>")
    reply.locator("[data-action-id=acknowledge]").click()
    modal = page.get_by_test_id("modal")
    modal.get_by_label("Why").fill("eh")
    modal.get_by_role("button", name="Save").click()
    expect(modal.get_by_text("Say a little more.")).to_be_visible()
    modal.get_by_label("Why").fill("I call them today")
    modal.get_by_role("button", name="Save").click()
    expect(modal).to_be_hidden()
    changed = page.get_by_test_id("message").last
    expect(changed).to_contain_text("Acknowledged by @Darcel Schlecht: I call them today")
    expect(changed).to_contain_text("(edited)")


def test_a_command_answers_its_asker_only(page: Page, base_url: str) -> None:
    go(page, base_url, "channel-sales", "UANNA")
    say(page, "/bellwether help me")
    expect(page.get_by_text("Only for you: help me", exact=True).last).to_be_visible()
    expect(page.get_by_text("Only visible to you").last).to_be_visible()
    page.get_by_test_id("view-as").select_option("UMELVIN")
    expect(page.locator(".whose .avatar")).to_have_text("MM")
    expect(page.get_by_text("Only for you: help me")).to_have_count(0)


def test_direct_messages_and_home_belong_to_the_person(page: Page, base_url: str) -> None:
    go(page, base_url, "dm-bellwether", "UADA")
    say(page, "hello")
    expect(page.get_by_test_id("message").last).to_contain_text("You said: hello")
    page.get_by_role("button", name="Home", exact=True).click()
    expect(page.get_by_test_id("home-view")).to_contain_text("Good morning, @Ada Lindqvist")
    page.get_by_test_id("view-as").select_option("UANNA")
    expect(page.get_by_test_id("home-view")).to_contain_text("Good morning, @Anna Snelling")


def test_what_is_new_elsewhere_is_counted_until_it_is_read(page: Page, base_url: str) -> None:
    go(page, base_url, "channel-ops", "UDUSTIN")
    say(page, "<@UBELLWETHER> is it well?")
    expect(page.get_by_test_id("message").last).to_contain_text("Kan-code")
    page.get_by_test_id("view-as").select_option("UADA")
    page.get_by_test_id("channel-general").click()
    count = page.get_by_test_id("channel-sales").locator(".count")
    with_another_page = page.context.new_page()
    go(with_another_page, base_url, "channel-sales", "UMELVIN")
    say(with_another_page, "Ada, have a look")
    expect(count).to_be_visible()
    page.get_by_test_id("channel-sales").click()
    expect(page.get_by_text("Ada, have a look").first).to_be_visible()
    expect(count).to_have_count(0)


def test_somebody_outside_a_channel_looks_and_does_not_write(page: Page, base_url: str) -> None:
    go(page, base_url, "channel-ops", "UGAIL")
    expect(page.get_by_text("Gail Guest is not a member of #ops")).to_be_visible()
    expect(page.get_by_test_id("composer")).to_be_hidden()


def test_the_world_moves_the_clock_and_breaks_slack(page: Page, base_url: str) -> None:
    page.goto(base_url)
    world = page.get_by_test_id("world")
    world.get_by_role("button", name="+1 week").click()
    expect(world.get_by_text("+7 days")).to_be_visible()
    page.get_by_test_id("slack-lost_answer").click()
    page.reload()
    expect(page.get_by_test_id("slack-lost_answer")).to_be_checked()
    expect(world.get_by_text("+7 days")).to_be_visible()
    page.get_by_test_id("slack-works").click()
    expect(world.get_by_text("no CRM is connected")).to_be_visible()
    # The page only goes forward; the other tests of this server live in the present.
    requests.post(
        f"{base_url}/_sandbox/world/clock",
        json={"add_seconds": -7 * 86_400},
        headers={"X-Sandbox": "1"},
        timeout=10,
    ).raise_for_status()
