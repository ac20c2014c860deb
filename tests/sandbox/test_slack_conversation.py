"""A Bolt app, as anyone would write it, lives in the sandbox: mentions, commands, buttons, modals, Home."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from slack_bolt import App

from sandbox.slack.serve import RunningSlack, running
from tests.support.slack_sandbox import MANIFEST, Person, bolt_app, connected, until

BUTTON = {
    "type": "actions",
    "block_id": "what_to_do",
    "elements": [
        {
            "type": "button",
            "action_id": "ack",
            "value": "7",
            "text": {"type": "plain_text", "text": "Acknowledge"},
        },
        {
            "type": "static_select",
            "action_id": "snooze",
            "placeholder": {"type": "plain_text", "text": "Snooze"},
            "options": [{"text": {"type": "plain_text", "text": "A day"}, "value": "1d"}],
        },
    ],
}
MODAL = {
    "type": "modal",
    "callback_id": "note",
    "title": {"type": "plain_text", "text": "Note"},
    "submit": {"type": "plain_text", "text": "Save"},
    "private_metadata": "account 7",
    "blocks": [
        {
            "type": "input",
            "block_id": "why",
            "label": {"type": "plain_text", "text": "Why"},
            "element": {"type": "plain_text_input", "action_id": "text", "max_length": 50},
        }
    ],
}


@pytest.fixture
def slack(tmp_path: Path) -> Iterator[RunningSlack]:
    with running(manifest=MANIFEST, clock_file=tmp_path / "clock") as server:
        yield server


@pytest.fixture
def app(slack: RunningSlack) -> App:
    return bolt_app(slack.base_url)


@pytest.fixture
def darcel(slack: RunningSlack) -> Person:
    return Person(slack.base_url)


def test_a_mention_is_answered_in_its_thread(app: App, darcel: Person) -> None:
    @app.event("app_mention")
    def on_mention(event: Any, say: Any) -> None:
        say(text=f"heard: {event['text']}", thread_ts=event["ts"])

    with connected(app):
        asked = darcel.say("CSALES", "@bellwether show R&D accounts")
        answer = darcel.await_message("CSALES", "heard")
    assert answer["text"] == "heard: <@UBELLWETHER> show R&amp;D accounts"
    assert answer["thread_ts"] == asked
    parent = next(one for one in darcel.messages("CSALES") if one["ts"] == asked)
    assert parent["reply_count"] == 1


def test_a_direct_message_is_answered_and_the_answer_is_no_question(app: App, darcel: Person) -> None:
    heard = []

    @app.event("message")
    def on_message(event: Any, say: Any) -> None:
        heard.append((event.get("subtype"), event["channel_type"], event.get("text")))
        say("hello")

    with connected(app):
        darcel.say(darcel.dm, "hi")
        darcel.await_message(darcel.dm, "hello")
        assert Person(darcel.base_url, "UANNA").get("messages", channel=darcel.dm)["ok"] is False
    assert heard == [(None, "im", "hi")]


def test_a_slash_command_answers_by_acknowledgement_and_by_response_url(app: App, darcel: Person) -> None:
    @app.command("/bellwether")
    def on_command(ack: Any, command: Any, respond: Any) -> None:
        ack(f"one moment: {command['text']}")
        respond(text="for all", response_type="in_channel")

    with connected(app):
        assert darcel.say("CSALES", "/bellwether show #ops for @anna.snelling") is None
        everyone = darcel.await_message("CSALES", "for all")
    mine = darcel.await_message("CSALES", "one moment")
    assert mine["text"] == "one moment: show <#COPS|ops> for <@UANNA|anna.snelling>"
    assert mine["ephemeral_for"] == "UDARCEL"
    assert "ephemeral_for" not in everyone
    seen_by_anna = [one["text"] for one in Person(darcel.base_url, "UANNA").messages("CSALES")]
    assert seen_by_anna == ["for all"]


def test_a_response_replaces_and_deletes_its_original(app: App, darcel: Person) -> None:
    @app.command("/bellwether")
    def on_command(ack: Any) -> None:
        ack(text="choose", blocks=[BUTTON])

    @app.action("ack")
    def on_press(ack: Any, respond: Any) -> None:
        ack()
        respond(text="replaced", blocks=[BUTTON], replace_original=True)

    @app.action("snooze")
    def on_choice(ack: Any, respond: Any) -> None:
        ack()
        respond(delete_original=True)

    with connected(app):
        darcel.say("CSALES", "/bellwether menu")
        menu = darcel.await_message("CSALES", "choose")
        assert darcel.press(menu, "ack") == {"ok": True}
        replaced = darcel.await_message("CSALES", "replaced")
        assert replaced["ts"] == menu["ts"]
        darcel.press(replaced, "snooze", selected="1d")
        until(lambda: not darcel.messages("CSALES"), "the original is still there")


def test_a_button_changes_its_message_in_place(app: App, darcel: Person) -> None:
    pressed = []

    @app.action("ack")
    def on_press(ack: Any, body: Any, client: Any) -> None:
        ack()
        pressed.append(body)
        where = {"channel": body["channel"]["id"], "ts": body["message"]["ts"]}
        client.chat_update(**where, text=f"acknowledged by {body['user']['id']}", blocks=[])

    with connected(app):
        app.client.chat_postMessage(channel="CALERTS", text="Konex slips", blocks=[BUTTON])
        alert = darcel.await_message("CALERTS", "Konex")
        assert darcel.press(alert, "ack", block_id="what_to_do") == {"ok": True}
        changed = darcel.await_message("CALERTS", "acknowledged by UDARCEL")
    assert changed["ts"] == alert["ts"]
    assert changed["edited"]
    [body] = pressed
    assert body["container"]["message_ts"] == alert["ts"]
    assert body["actions"][0]["value"] == "7"
    assert body["actions"][0]["type"] == "button"


def test_a_choice_comes_with_its_option_and_stays(app: App, darcel: Person) -> None:
    chosen = []

    @app.action("snooze")
    def on_choice(ack: Any, body: Any) -> None:
        ack()
        chosen.append((body["actions"][0]["selected_option"]["value"], body["state"]["values"]))

    with connected(app):
        app.client.chat_postMessage(channel="CALERTS", text="Konex slips", blocks=[BUTTON])
        alert = darcel.await_message("CALERTS", "Konex")
        assert darcel.press(alert, "snooze", selected="2d")["status"] == 400
        darcel.press(alert, "snooze", selected="1d")
        until(lambda: chosen, "nothing was chosen")
    [(value, state)] = chosen
    assert value == "1d"
    assert state["what_to_do"]["snooze"]["selected_option"]["value"] == "1d"


def test_a_modal_opens_objects_and_closes(app: App, darcel: Person) -> None:
    saved = []

    @app.command("/bellwether")
    def on_command(ack: Any, body: Any, client: Any) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @app.view("note")
    def on_submit(ack: Any, view: Any) -> None:
        text = view["state"]["values"]["why"]["text"]["value"]
        if text == "because":
            ack(response_action="errors", errors={"why": "That is no reason."})
            return
        saved.append((text, view["private_metadata"]))
        ack()

    with connected(app):
        darcel.say("CSALES", "/bellwether note")
        [view] = until(lambda: darcel.state()["modal"], "no modal")
        submit = {"view_id": view["id"]}
        assert "required" in darcel.post("submit", **submit, values={})["errors"]["why"]
        bad = darcel.post("submit", **submit, values={"why": {"text": "because"}})
        assert bad == {"errors": {"why": "That is no reason."}}
        assert len(darcel.state()["modal"]) == 1
        assert darcel.post("submit", **submit, values={"why": {"text": "They moved"}}) == {"ok": True}
    assert saved == [("They moved", "account 7")]
    assert darcel.state()["modal"] == []


def test_a_modal_is_updated_pushed_and_cleared(app: App, darcel: Person) -> None:
    def titled(title: str) -> dict[str, Any]:
        return {**MODAL, "title": {"type": "plain_text", "text": title}}

    @app.command("/bellwether")
    def on_command(ack: Any, body: Any, client: Any) -> None:
        ack()
        opened = client.views_open(trigger_id=body["trigger_id"], view=titled("Wait"))["view"]
        client.views_update(view_id=opened["id"], hash=opened["hash"], view=titled("Ready"))

    @app.view("note")
    def on_submit(ack: Any, view: Any) -> None:
        text = view["state"]["values"]["why"]["text"]["value"]
        if text == "clear":
            ack(response_action="clear")
        else:
            ack(response_action=text, view=titled(text))

    def titles() -> list[str]:
        return [one["title"]["text"] for one in darcel.state()["modal"]]

    def submit(text: str) -> None:
        top = darcel.state()["modal"][-1]["id"]
        assert darcel.post("submit", view_id=top, values={"why": {"text": text}}) == {"ok": True}

    with connected(app):
        darcel.say("CSALES", "/bellwether note")
        until(lambda: titles() == ["Ready"], "the modal was not updated")
        submit("update")
        assert titles() == ["update"]
        submit("push")
        assert titles() == ["update", "push"]
        darcel.post("close", view_id=darcel.state()["modal"][-1]["id"])
        assert titles() == ["update"]
        submit("push")
        submit("clear")
        assert titles() == []


def test_home_is_published_and_its_buttons_work(app: App, darcel: Person) -> None:
    home = {
        "type": "home",
        "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "Health"}}, BUTTON],
    }
    seen = []

    @app.event("app_home_opened")
    def on_home(event: Any, client: Any) -> None:
        client.views_publish(user_id=event["user"], view=home)

    @app.action("ack")
    def on_press(ack: Any, body: Any) -> None:
        ack()
        seen.append(body["view"]["type"])

    with connected(app):
        darcel.post("open_home")
        view = until(lambda: darcel.state()["home"], "no home")
        assert Person(darcel.base_url, "UANNA").state()["home"] is None
        darcel.post("click", view_id=view["id"], action_id="ack")
        until(lambda: seen, "not pressed")
    assert seen == ["home"]


def test_a_response_url_serves_five_times_and_half_an_hour(app: App, darcel: Person) -> None:
    urls: list[str] = []

    @app.command("/bellwether")
    def on_command(ack: Any, command: Any) -> None:
        ack()
        urls.append(command["response_url"])

    with connected(app):
        darcel.say("CSALES", "/bellwether one")
        darcel.say("CSALES", "/bellwether two")
    answers = [requests.post(urls[0], json={"text": str(n)}, timeout=5) for n in range(6)]
    assert [one.status_code for one in answers] == [200] * 5 + [404]
    assert answers[5].json()["error"] == "used_url"
    assert darcel.post("world/clock", add_seconds=31 * 60)["offset_seconds"] == 31 * 60
    late = requests.post(urls[1], json={"text": "late"}, timeout=5)
    assert (late.status_code, late.json()["error"]) == (404, "expired_url")


def test_a_file_is_uploaded_in_three_steps(app: App, darcel: Person) -> None:
    app.client.files_upload_v2(
        channel="CSALES",
        content="name,label\nKonex,VIP\n",
        filename="accounts.csv",
        initial_comment="As asked",
    )
    shared = darcel.await_message("CSALES", "As asked")
    [file] = shared["files"]
    assert (file["name"], file["size"]) == ("accounts.csv", 21)
    content = requests.get(file["url_private"], timeout=5)
    assert content.text == "name,label\nKonex,VIP\n"
    assert content.headers["Content-Disposition"] == "attachment"


PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (720).to_bytes(4, "big") + (480).to_bytes(4, "big") + b"\x08\x06"
)


def test_a_picture_has_its_words_and_its_size_and_stands_in_the_thread(app: App, darcel: Person) -> None:
    asked = darcel.say("CSALES", "how many?")
    app.client.files_upload_v2(
        channel="CSALES",
        thread_ts=asked,
        content=PNG,
        filename="chart.png",
        title="Accounts & <labels>",
        alt_txt="Accounts by label: VIP 3.",
    )
    shared = until(
        lambda: next((one for one in darcel.messages("CSALES") if one.get("files")), None), "no file"
    )
    assert shared["thread_ts"] == asked
    [file] = shared["files"]
    assert (file["title"], file["alt_txt"]) == ("Accounts & <labels>", "Accounts by label: VIP 3.")
    assert (file["mimetype"], file["filetype"], file["mode"]) == ("image/png", "png", "hosted")
    assert (file["original_w"], file["original_h"]) == (720, 480)
    assert (file["thumb_360_w"], file["thumb_360_h"]) == (360, 240)
    drawn = requests.get(file["url_private"], timeout=5)
    assert (drawn.content, drawn.headers["Content-Type"]) == (PNG, "image/png")
    [answer] = app.client.conversations_replies(channel="CSALES", ts=asked)["messages"][1:]
    assert (answer["subtype"], answer["bot_id"]) == ("file_share", "B0BELLWETHER")


def test_what_only_calls_itself_a_picture_is_a_download(app: App, darcel: Person) -> None:
    hostile = "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    app.client.files_upload_v2(channel=darcel.dm, content=hostile, filename="chart.svg", title="Chart")
    [file] = darcel.messages(darcel.dm)[-1]["files"]
    assert "original_w" not in file
    answer = requests.get(file["url_private"], timeout=5)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment"


def test_a_mention_where_the_bot_is_not_and_a_command_that_is_not_are_explained(darcel: Person) -> None:
    darcel.say("CGENERAL", "@bellwether hello")
    assert darcel.await_message("CGENERAL", "not in this channel")["ephemeral_for"] == "UDARCEL"
    darcel.say("CSALES", "/frobnicate")
    assert "not a valid command" in darcel.messages("CSALES")[-1]["text"]
    darcel.say("CSALES", "/bellwether help")
    assert "dispatch_failed" in darcel.messages("CSALES")[-1]["text"]
    assert darcel.post("say", channel="COPS", text="may I?")["error"] == "not_in_channel"


def test_unread_messages_are_counted_until_they_are_read(app: App, darcel: Person) -> None:
    app.client.chat_postMessage(channel="CSALES", text="news")
    unread = {one["id"]: one["unread"] for one in darcel.state()["channels"]}
    assert unread["CSALES"] == 1
    darcel.messages("CSALES")
    assert {one["unread"] for one in darcel.state()["channels"]} == {0}


def test_an_app_hears_only_what_its_scopes_allow(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.yaml"
    manifest.write_text(MANIFEST.read_text().replace("- app_mentions:read", "# "))
    with running(manifest=manifest) as server:
        app, darcel = bolt_app(server.base_url), Person(server.base_url)

        @app.event("app_mention")
        def on_mention(say: Any) -> None:
            say("heard a mention")

        @app.event("message")
        def on_message(say: Any) -> None:
            say("heard a message")

        with connected(app):
            darcel.say("CSALES", "@bellwether hello")
            darcel.say(darcel.dm, "hello")
            darcel.await_message(darcel.dm, "heard a message")
        assert len(darcel.messages("CSALES")) == 1
