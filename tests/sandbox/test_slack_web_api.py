"""The Web API: what it answers, and that it refuses what Slack refuses, in Slack's words."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.slack.serve import running
from tests.support.slack_sandbox import MANIFEST, Person, client_of

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "Konex"}}


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with running() as server:
        yield server.base_url


@pytest.fixture(scope="module")
def limited_url() -> Iterator[str]:
    """A workspace whose app has the product's manifest."""
    with running(manifest=MANIFEST) as server:
        yield server.base_url


@pytest.fixture
def client(base_url: str) -> WebClient:
    return client_of(base_url)


def refusal(call: Any, **arguments: Any) -> Any:
    """The answer of a call that must be refused."""
    with pytest.raises(SlackApiError) as refused:
        call(**arguments)
    return refused.value.response


def post(client: WebClient, channel: str = "CSALES", **arguments: Any) -> Any:
    """Post as soon as the channel's pace allows it."""
    while True:
        try:
            return client.chat_postMessage(channel=channel, **arguments)
        except SlackApiError as error:
            if error.response["error"] != "ratelimited":
                raise
            time.sleep(0.1)


def test_tokens(base_url: str, client: WebClient) -> None:
    assert client.auth_test()["user_id"] == "UBELLWETHER"
    assert client.api_test(foo="bar")["args"] == {"foo": "bar"}
    assert requests.get(f"{base_url}/api/auth.test", timeout=5).json()["error"] == "not_authed"
    form = {"token": "xoxb-sandbox-bot"}
    assert requests.post(f"{base_url}/api/auth.test", data=form, timeout=5).json()["ok"] is True
    assert refusal(client_of(base_url, "xoxb-wrong").auth_test)["error"] == "invalid_auth"
    wrong_kind = refusal(client.apps_connections_open, app_token="xoxb-sandbox-bot")
    assert wrong_kind["error"] == "not_allowed_token_type"
    assert client.apps_connections_open(app_token="xapp-sandbox-app")["url"].startswith("ws://127.0.0.1:")
    assert refusal(client.api_call, api_method="nothing.here")["error"] == "unknown_method"


def test_scopes_come_from_the_manifest(limited_url: str) -> None:
    client = client_of(limited_url)
    for scopeless in (client.team_info, lambda: client.conversations_join(channel="CGENERAL")):
        assert refusal(scopeless)["error"] == "missing_scope"
    refused = refusal(client.reactions_add, channel="CSALES", name="eyes", timestamp="1")
    assert refused["needed"] == "reactions:write"
    assert "chat:write" in refused["provided"].split(",")
    assert "chat:write" in client.auth_test().headers["x-oauth-scopes"].split(",")
    for allowed in (client.users_list, client.conversations_list, client.usergroups_list):
        assert allowed()["ok"]
    assert client.conversations_history(channel="DDARCEL")["messages"] == []
    assert client.conversations_list(types="public_channel,private_channel,im")["ok"]


def test_a_body_that_is_no_json_is_refused(base_url: str) -> None:
    headers = {"Authorization": "Bearer xoxb-sandbox-bot", "Content-Type": "application/json"}
    for body, error in ((b"{", "invalid_json"), (b"[]", "json_not_object")):
        answer = requests.post(f"{base_url}/api/chat.postMessage", data=body, headers=headers, timeout=5)
        assert answer.json() == {"ok": False, "error": error}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "CNONE", "text": "x"}, "channel_not_found"),
        ({"channel": "CGENERAL", "text": "x"}, "not_in_channel"),
        ({"channel": "CSALES"}, "no_text"),
        ({"channel": "CSALES", "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": "CSALES", "text": "x", "blocks": "[{"}, "invalid_blocks_format"),
        ({"channel": "CSALES", "text": "x", "blocks": [SECTION] * 51}, "invalid_blocks"),
        ({"channel": "CSALES", "text": "x", "thread_ts": "1.000001"}, "cannot_reply_to_message"),
        ({"channel": "CSALES", "text": "x", "metadata": {"event_type": "a"}}, "invalid_metadata_format"),
        ({"channel": "CSALES", "text": "x", "attachments": [{}] * 101}, "too_many_attachments"),
        ({"channel": "CSALES", "text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
    ],
)
def test_a_message_is_refused(client: WebClient, arguments: dict[str, Any], error: str) -> None:
    assert refusal(client.api_call, api_method="chat.postMessage", json=arguments)["error"] == error
    assert not any(
        one.get("text") == "x" for one in client.conversations_history(channel="CSALES")["messages"]
    )


def test_blocks_that_are_too_long_together_are_refused(client: WebClient) -> None:
    long = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2_700}}
    assert refusal(post, client=client, text="x", blocks=[long] * 5)["error"] == "msg_blocks_too_long"


def test_refused_blocks_say_where(client: WebClient, base_url: str) -> None:
    bad = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}
    refused = refusal(client.chat_postMessage, channel="CSALES", text="x", blocks=[SECTION, bad])
    expected = "must be less than 3001 characters [json-pointer:/blocks/1/text/text]"
    assert refused["errors"] == [expected]
    assert refused["response_metadata"]["messages"] == [f"[ERROR] {expected}"]
    assert Person(base_url).state()["refusals"][-1]["error"] == "invalid_blocks"


def test_one_message_a_second_to_a_channel(client: WebClient) -> None:
    post(client, "CALERTS", text="first")
    started = time.monotonic()
    refused = refusal(client.chat_postMessage, channel="CALERTS", text="second")
    assert (refused.status_code, refused["error"]) == (429, "ratelimited")
    assert refused.headers["Retry-After"] == "1"
    client.chat_postMessage(channel="UGAIL", text="another channel")
    time.sleep(max(0.0, started + 1.05 - time.monotonic()))
    client.chat_postMessage(channel="CALERTS", text="third")
    said = [one["text"] for one in client.conversations_history(channel="CALERTS")["messages"]]
    assert said == ["third", "first"]


def test_a_message_goes_to_a_person_by_id(client: WebClient) -> None:
    assert post(client, "UMELVIN", text="hello")["channel"] == "DMELVIN"
    assert client.conversations_open(users="UMELVIN")["channel"]["id"] == "DMELVIN"
    by_person = refusal(client.chat_update, channel="UMELVIN", ts="1.0", text="x")
    assert by_person["error"] == "channel_not_found"
    assert refusal(client.conversations_open, users="UNOBODY")["error"] == "user_not_found"


def test_updating_and_deleting(client: WebClient, base_url: str) -> None:
    posted = post(client, text="draft", blocks=[SECTION])
    where = {"channel": "CSALES", "ts": posted["ts"]}
    assert client.chat_update(**where, text="final")["message"]["text"] == "final"
    assert refusal(client.api_call, api_method="chat.update", json=where)["error"] == "no_text"
    asked = Person(base_url).say("CSALES", "mine")
    others = {"channel": "CSALES", "ts": asked}
    assert refusal(client.chat_update, **others, text="yours")["error"] == "cant_update_message"
    assert refusal(client.chat_delete, **others)["error"] == "cant_delete_message"
    assert "/archives/CSALES/p" in client.chat_getPermalink(channel="CSALES", message_ts=asked)["permalink"]
    client.chat_delete(**where)
    assert refusal(client.chat_delete, **where)["error"] == "message_not_found"


def test_an_ephemeral_message_is_seen_by_one_and_cannot_be_changed(client: WebClient, base_url: str) -> None:
    sent = client.chat_postEphemeral(channel="CSALES", user="UANNA", text="for you alone")
    assert Person(base_url, "UANNA").messages("CSALES")[-1]["ephemeral_for"] == "UANNA"
    assert all(one["text"] != "for you alone" for one in Person(base_url).messages("CSALES"))
    where = {"channel": "CSALES", "ts": sent["message_ts"]}
    assert refusal(client.chat_update, **where, text="x")["error"] == "message_not_found"
    outside = refusal(client.chat_postEphemeral, channel="COPS", user="UANNA", text="x")
    assert outside["error"] == "user_not_in_channel"


def test_history_has_pages_threads_and_metadata(client: WebClient) -> None:
    metadata = {"event_type": "alert", "event_payload": {"outbox_id": 7}}
    parent = post(client, "COPS", text="parent", metadata=metadata)["ts"]
    reply = post(client, "COPS", text="reply", thread_ts=parent)["ts"]
    history = client.conversations_history(channel="COPS", limit=1, include_all_metadata=True)
    [newest] = history["messages"]
    assert (newest["ts"], newest["metadata"], newest["reply_count"]) == (parent, metadata, 1)
    plain = client.conversations_history(channel="COPS", limit=1)["messages"][0]
    assert plain["metadata"] == {"event_type": "alert"}
    thread = client.conversations_replies(channel="COPS", ts=parent)["messages"]
    assert [one["ts"] for one in thread] == [parent, reply]
    assert refusal(client.conversations_replies, channel="COPS", ts="1.0")["error"] == "thread_not_found"
    assert client.conversations_history(channel="COPS", oldest=parent)["messages"] == []
    inclusive = client.conversations_history(channel="COPS", oldest=parent, inclusive=True)["messages"]
    assert [one["ts"] for one in inclusive] == [parent]
    assert refusal(client.conversations_history, channel="COPS", cursor="x")["error"] == "invalid_cursor"


def test_pages_of_history_are_complete(client: WebClient, base_url: str) -> None:
    anna = Person(base_url, "UANNA")
    said = [anna.say(anna.dm, f"message {n}") for n in range(7)]
    found: list[str] = []
    cursor = None
    while cursor != "":
        page = client.conversations_history(channel=anna.dm, limit=3, cursor=cursor)
        found += [one["ts"] for one in page["messages"]]
        cursor = (page.get("response_metadata") or {"next_cursor": ""})["next_cursor"]
    assert found == said[::-1]


def test_people_and_groups(client: WebClient) -> None:
    ada = client.users_lookupByEmail(email="ada.lindqvist@bellwether.example")["user"]
    assert (ada["id"], ada["is_admin"], ada["is_restricted"]) == ("UADA", True, False)
    assert client.users_info(user="UGAIL")["user"]["is_restricted"] is True
    assert refusal(client.users_lookupByEmail, email="no@body.example")["error"] == "users_not_found"
    assert refusal(client.users_info, user="UNOBODY")["error"] == "user_not_found"
    members = client.users_list()["members"]
    assert len(members) == 7
    assert [one["id"] for one in members if one["is_bot"]] == ["UBELLWETHER"]
    groups = {one["handle"]: one["id"] for one in client.usergroups_list()["usergroups"]}
    assert client.usergroups_users_list(usergroup=groups["crm-admins"])["users"] == ["UADA"]
    assert refusal(client.usergroups_users_list, usergroup="S9")["error"] == "no_such_subteam"
    assert client.bots_info(bot="B0BELLWETHER")["bot"]["user_id"] == "UBELLWETHER"


def test_channels_and_membership(client: WebClient) -> None:
    channels = {one["name"]: one["is_member"] for one in client.conversations_list()["channels"]}
    assert channels == {"general": False, "sales": True, "cs-alerts": True, "ops": True}
    assert client.conversations_info(channel="DANNA")["channel"]["user"] == "UANNA"
    assert "UBELLWETHER" in client.conversations_members(channel="CSALES")["members"]
    assert {one["name"] for one in client.users_conversations()["channels"]} == {"sales", "cs-alerts", "ops"}
    assert refusal(client.conversations_history, channel="CGENERAL")["error"] == "not_in_channel"
    refused = refusal(client.conversations_join, channel="DANNA")
    assert refused["error"] == "method_not_supported_for_channel_type"


def test_a_bot_joins_a_channel() -> None:
    with running() as server:
        client = client_of(server.base_url)
        assert client.conversations_join(channel="CGENERAL")["channel"]["is_member"] is True
        assert client.chat_postMessage(channel="#general", text="here I am")["ok"]


def test_reactions(client: WebClient, base_url: str) -> None:
    asked = Person(base_url).say("CSALES", "please react")
    reaction = {"channel": "CSALES", "timestamp": asked, "name": "eyes"}
    client.reactions_add(**reaction)
    assert refusal(client.reactions_add, **reaction)["error"] == "already_reacted"
    found = next(one for one in Person(base_url).messages("CSALES") if one["ts"] == asked)
    assert found["reactions"] == [{"name": "eyes", "users": ["UBELLWETHER"], "count": 1}]


def test_views_need_a_good_trigger_and_a_good_view(client: WebClient) -> None:
    view = {"type": "modal", "title": {"type": "plain_text", "text": "T"}, "blocks": [SECTION]}
    assert refusal(client.views_open, trigger_id="1.2.3", view=view)["error"] == "invalid_trigger_id"
    long = {**view, "title": {"type": "plain_text", "text": "T" * 25}}
    refused = refusal(client.views_open, trigger_id="1.2.3", view=long)
    assert refused["error"] == "invalid_arguments"
    assert "/view/title/text" in refused["response_metadata"]["messages"][0]
    home = {"type": "home", "blocks": [SECTION]}
    assert client.views_publish(user_id="UANNA", view=home)["view"]["type"] == "home"
    stale = refusal(client.views_publish, user_id="UANNA", view=home, hash="stale")
    assert stale["error"] == "hash_conflict"
    assert refusal(client.views_update, view_id="V0", view=view)["error"] == "not_found"
    bare = {"type": "home", "blocks": [{"type": "markdown", "text": "x"}]}
    assert refusal(client.views_publish, user_id="UANNA", view=bare)["error"] == "invalid_arguments"


def test_uploads_that_are_not_finished_are_refused(client: WebClient, base_url: str) -> None:
    ticket = client.files_getUploadURLExternal(filename="a.csv", length=3)
    files = [{"id": ticket["file_id"], "title": "A"}]
    complete: dict[str, Any] = {"files": files, "channel_id": "CSALES"}
    assert refusal(client.files_completeUploadExternal, **complete)["error"] == "file_not_found"
    assert requests.post(ticket["upload_url"], data=b"abc", timeout=5).text == "OK - 3"
    assert requests.post(ticket["upload_url"], data=b"abc", timeout=5).status_code == 404
    outside = refusal(client.files_completeUploadExternal, files=files, channel_id="CGENERAL")
    assert outside["error"] == "not_in_channel"
    assert client.files_completeUploadExternal(**complete)["files"][0]["size"] == 3
    assert requests.get(f"{base_url}/files/{ticket['file_id']}/a.csv", timeout=5).content == b"abc"


def test_the_words_of_a_picture_have_a_limit(client: WebClient) -> None:
    ticket: dict[str, Any] = {"filename": "a.png", "length": 3}
    assert client.files_getUploadURLExternal(**ticket, alt_txt="x" * 1_000)["ok"]
    refused = refusal(client.files_getUploadURLExternal, **ticket, alt_txt="x" * 1_001)
    assert refused["error"] == "invalid_arguments"


def test_accepted_calls_are_listed_without_tokens(client: WebClient, base_url: str) -> None:
    post(client, text="[looks like JSON", unfurl_links=False)
    listed = Person(base_url).get("calls", method="chat.postMessage")["calls"]
    assert listed[-1]["arguments"]["text"] == "[looks like JSON"
    assert {one["method"] for one in listed} == {"chat.postMessage"}
    assert "xoxb" not in str(Person(base_url).get("calls"))
