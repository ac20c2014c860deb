"""What the further surfaces decide and draw: links, edits of the document, hostile values, the agent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.app.administration import Administration, InForce, RecentRun, UnmatchedPerson
from bot.app.config.changing import Entry, entries, labels_beside, with_entry
from bot.app.config.document import read_text
from bot.app.config.editing import AFTER, KEYS, REMOVE, Edited, Editing, Publishing
from bot.app.errors import UserError
from bot.app.linked_accounts import LinkedAccounts, linked_id
from bot.app.ports import Miss
from bot.slack.app import build_app
from bot.slack.listeners.config_forms import _filled
from bot.slack.listeners.workflow_step import outputs_of
from bot.slack.views.administration import administration_blocks
from bot.slack.views.ask_form import ask_form, asked_view
from bot.slack.views.blocks import Json
from bot.slack.views.config_forms import (
    config_choice,
    config_form,
    confirm_view,
    done_view,
    entry_options,
    working_view,
)
from bot.slack.views.limits import Surface, check
from bot.slack.views.note_form import note_choice, note_form, note_kept
from bot.slack.views.unfurl import account_unfurl
from sandbox.slack.blocks import check_view
from scoring.config import Scopes
from tests.support.configuring_world import USED
from tests.support.fake_account_book import FakeAccountBook
from tests.support.fake_services import (
    MELVIN,
    NOW,
    FakeAudit,
    account,
    fake_world,
    help_answer,
    list_answer,
)
from tests.support.slack_api import RecordingSlack, recording_slack
from tests.support.slack_requests import Chat, event_body

CRM = "https://crm.zoho.com/crm/org1/tab/Accounts"
# What does damage somewhere: mentions, links, formatting, direction marks, breaks, nothing, very much.
HOSTILE = st.one_of(
    st.sampled_from(["<!channel>", "<@U1>", "<https://evil.example|x>", "\u202e`*_~", "", "\n", "&amp;"]),
    st.just("é" * 4_000),
    st.text(max_size=200),
)


def crm_url(account_id: str) -> str | None:
    return f"{CRM}/{account_id}"


@pytest.mark.parametrize(
    ("link", "found"),
    [
        (f"{CRM}/42", "42"),
        (f"{CRM}/42/?x=1#notes", "42"),
        ("https://CRM.zoho.com/crm/org1/tab/Accounts/42", "42"),
        ("http://crm.zoho.com/crm/org1/tab/Accounts/42", None),
        ("https://crm.zoho.com/crm/org2/tab/Accounts/42", None),
        ("https://crm.zoho.com/crm/org1/tab/Contacts/42", None),
        ("https://crm.zoho.com.evil.example/crm/org1/tab/Accounts/42", None),
        ("https://crm.zoho.com@evil.example/crm/org1/tab/Accounts/42", None),
        ("https://user@crm.zoho.com/crm/org1/tab/Accounts/42", None),
        (f"{CRM}/%34%32", None),
        (f"{CRM}/../Accounts/42", None),
        (CRM, None),
        ("https://[", None),
        ("x" * 5_000, None),
    ],
)
def test_only_a_link_of_this_organisation_is_one(link: str, found: str | None) -> None:
    assert linked_id(link, crm_url) == found


def test_before_the_organisation_is_known_no_link_is_one() -> None:
    assert linked_id(f"{CRM}/42", lambda _one: None) is None


@settings(max_examples=15, deadline=None)
@given(kind=st.sampled_from(["segment", "route", "label"]), text=HOSTILE, at=st.integers(0, 5))
def test_an_edit_changes_its_entry_and_nothing_else(kind: str, text: str, at: int) -> None:
    before = [(one, values) for one, values in entries(USED) if one.kind == kind]
    entry, _ = before[at % len(before)]
    key = KEYS[entry.kind][0]
    made = with_entry(USED, entry, {key: text})
    after = dict(entries(made))
    assert after.pop(entry)[key] == text
    assert after == {one: values for one, values in entries(USED) if one != entry}
    rest = {
        name: one for name, one in read_text(made, "x").values.items() if name not in {"segments", "alerts"}
    }
    assert kind == "label" or rest == {
        name: one for name, one in read_text(USED, "x").values.items() if name in rest
    }


def test_entries_come_and_go_and_comments_stay() -> None:
    text = "# kept\nversion: 1  # this too\nsegments:\n  - {name: Best, criteria: r = 3}\n"
    added = with_entry(text, Entry("route", "New"), {"criteria": "r = 1", "to": ["owner"], "digest": None})
    assert added.startswith("# kept\nversion: 1  # this too\n")
    assert read_text(added, "x").values["alerts"] == {
        "routes": [{"name": "New", "criteria": "r = 1", "to": ["owner"]}]
    }
    gone = with_entry(added, Entry("segment", "Best"), None)
    assert read_text(gone, "x").values["segments"] == []
    with pytest.raises(UserError, match="There is no segment 'Best' any more"):
        with_entry(gone, Entry("segment", "Best"), None)
    with pytest.raises(UserError, match="There is no label 'Top' of 'Nothing' any more"):
        with_entry(text, Entry("label", "Top", "Nothing"), {"when": "r = 1"})


def test_a_label_is_moved_and_taken_out_and_all_else_stays() -> None:
    order = ["Top", "Good", "Gone"]
    labels = "".join(f"      - {{name: {one}, when: r = {at}}}  # {one}\n" for at, one in enumerate(order, 1))
    text = f"version: 1\nsegmentations:\n  - name: RFM\n    labels:\n{labels}# the end\n"
    entry = Entry("label", "Good", "RFM")
    assert labels_beside(text, entry) == tuple(order)
    assert labels_beside(text, Entry("segment", "Good")) == ()
    for place, wanted in ((0, "Good Top Gone"), (1, "Top Good Gone"), (2, "Top Gone Good")):
        assert " ".join(labels_beside(with_entry(text, entry, {}, place), entry)) == wanted
    assert labels_beside(with_entry(text, entry, {"when": "r = 5"}, 0), entry)[0] == "Good"
    gone = with_entry(text, entry, None)
    assert labels_beside(gone, entry) == ("Top", "Gone")
    assert "# the end" in gone


def test_a_form_says_where_a_label_is_to_stand() -> None:
    edited = Edited(Entry("label", "Good", "RFM"), {"when": "r = 2", AFTER: "1"}, 3, order=("Top", "Good"))
    view = config_form(edited)
    (choice,) = [one for one in view["blocks"] if one.get("block_id") == AFTER]
    assert [one["text"]["text"] for one in choice["element"]["options"]] == ["First", "After Top"]
    assert choice["element"]["initial_option"]["value"] == "1"
    typed = {"when": {"when": {"value": "r = 2"}}, AFTER: {AFTER: {"selected_option": {"value": "0"}}}}
    filled = _filled({"view": {"private_metadata": view["private_metadata"], "state": {"values": typed}}})
    assert (filled.values[AFTER], filled.values[REMOVE], filled.entry) == ("0", "", edited.entry)


def views(text: str) -> Iterator[Json]:
    """Every new modal, with a text wherever a foreign one can stand."""
    name = text[:100]
    line = account(text, label=text, owner=text, city=text)
    yield from (ask_form(1_000), asked_view(text), note_choice(text), note_form(line, text[:3_000], text))
    yield from (note_kept(line, "https://crm.example/1"), config_choice(), working_view("…"), done_view(text))
    yield confirm_view("{}", [text] * 30, [text] * 30)
    for kind, keys in KEYS.items():
        for new in (False, True):
            edited = Edited(
                Entry(kind, name, name), dict.fromkeys(keys, text[:2_000]), 1, text[:200], new=new
            )
            yield config_form(edited, text)
            yield config_form(replace(edited, order=(name, f"1{name}", f"2{name}")), text)


@settings(max_examples=40, deadline=None)
@given(text=HOSTILE)
def test_whatever_the_values_are_slack_takes_what_is_drawn(text: str) -> None:
    for view in views(text):
        assert check(view, Surface.MODAL) == []
        assert check_view(json.loads(json.dumps(view)), "modal") == []
    options = entry_options([Entry("label", text[:100], text[:100])], "")
    assert all(1 <= len(one["text"]["text"]) <= 75 and len(one["value"]) <= 150 for one in options)
    line = account(text, label=text, owner=text, city=text, industry=text)
    assert check({"text": "x", **account_unfurl(line, f"{CRM}/1", {})}, Surface.MESSAGE) == []
    run = RecentRun(text, text, NOW - timedelta(minutes=2), NOW, text, 1, 1, 3)
    held = InForce(3, NOW, text, text, (text,) * 9, 4, 1, 1)
    shown = Administration((run,) * 6, (UnmatchedPerson(text, text),) * 10, 30, held)
    misses = (Miss(1, text, (text,) * 9, text, 3, NOW, NOW),) * 12
    blocks = list(administration_blocks(shown, misses, NOW))
    assert check({"blocks": blocks}, Surface.HOME) == []
    said = outputs_of(list_answer(account(text, label=text, owner=text)))["accounts"]
    assert "<" not in said


@pytest.fixture(scope="module")
def server() -> Iterator[RecordingSlack]:
    with recording_slack() as slack:
        yield slack


class Agent(Chat):
    """The app as Slack shows agents."""

    def __init__(self, slack: RecordingSlack, **options: Any) -> None:
        world = fake_world()
        world.asking.knows("help", help_answer())
        world.asking.knows("show VIP accounts", list_answer(account("Konex")))
        super().__init__(world, slack)
        linked = LinkedAccounts(lambda _person: FakeAccountBook(), crm_url)
        slack.calls.clear()
        self.close()
        self.app = build_app(
            replace(world.services, linked=linked),
            bot_token="xoxb-test",
            api_url=slack.api_url,
            configuration=lambda: world.configuration,
            **options,
        )


def test_an_agent_offers_prompts_and_answers_in_threads(server: RecordingSlack) -> None:
    chat = Agent(server, as_agent=True)
    chat.open_home(tab="messages")
    thread = {"user_id": "UDARCEL", "channel_id": "DDARCEL", "thread_ts": "1.2", "context": {}}
    chat.deliver(event_body("assistant_thread_started", assistant_thread=thread))
    offered = server.of("assistant.threads.setSuggestedPrompts")
    examples = ["show VIP accounts in healthcare", "how many champions per industry?"]
    assert [[one["message"] for one in call["prompts"]] for call in offered] == [examples, examples]
    assert [call.get("thread_ts") for call in offered] == [None, "1.2"]
    chat.direct("show VIP accounts", ts="1700000000.7")
    chat.direct("show VIP accounts", thread_ts="1700000000.7")
    (first, second) = server.of("assistant.threads.setStatus")
    assert (first["thread_ts"], second["thread_ts"]) == ("1700000000.7", "1700000000.7")
    assert {one["thread_ts"] for one in server.of("chat.postMessage")} == {"1700000000.7"}
    assert {place for place, _ in chat.world.asking.places[-2:]} == {"DDARCEL:1700000000.7"}, "gone on with"
    chat.close()


def test_a_slack_that_knows_no_agents_is_no_trouble(server: RecordingSlack) -> None:
    chat = Agent(server, as_agent=True)
    server.faults["assistant.threads.setSuggestedPrompts"] = ["unknown_method"]
    server.faults["assistant.threads.setStatus"] = ["unknown_method"]
    chat.open_home(tab="messages")
    chat.direct("show VIP accounts")
    assert len(server.of("chat.postMessage")) == 1
    chat.close()


def test_no_link_is_unfurled_among_strangers(server: RecordingSlack) -> None:
    chat = Agent(server)
    book = FakeAccountBook()
    account_id = book.sample.lines[0].id
    shared = {"url": f"{CRM}/{account_id}", "domain": "crm.zoho.com"}

    def share(channel: str, user: str = "UDARCEL", **more: Any) -> int:
        before = len(server.of("chat.unfurl"))
        event = {"channel": channel, "user": user, "message_ts": "1.1", "links": [shared], **more}
        chat.deliver(event_body("link_shared", **event))
        return len(server.of("chat.unfurl")) - before

    assert share("CSALES") == 1
    assert share("CSHARED") == 0
    assert share("CSALES", user="UGAIL") == 0
    assert share("COMPOSER") == 0
    assert share("COPS") == 0
    server.shared.add("CSALES")  # opened to another organisation since
    assert share("CSALES") == 0
    server.shared.discard("CSALES")
    access = chat.world.configuration.access.model_copy(update={"scopes": Scopes(viewer="own")})
    chat.world.configuration = chat.world.configuration.model_copy(update={"access": access})
    assert share("CSALES") == 0, "there may be a viewer who does not see the account"
    assert server.of("chat.postMessage", "chat.postEphemeral", "response_url") == []
    chat.close()


def test_the_workflow_step_is_off_until_it_is_switched_on(server: RecordingSlack) -> None:
    chat = Agent(server)
    inputs = {"question": "show VIP accounts", "person": "UDARCEL"}
    event = {"function": {"callback_id": "find_accounts"}, "inputs": inputs, "function_execution_id": "Fx1"}
    chat.deliver(event_body("function_executed", **event))
    (ended,) = server.of("functions.completeError")
    assert "BELLWETHER_SLACK__WORKFLOW_STEP=true" in ended["error"]
    assert chat.world.asking.asked == []
    chat.close()


def test_who_may_not_edit_may_do_none_of_it_and_it_is_recorded() -> None:
    audit = FakeAudit()
    editing = Editing(cast("Publishing", None), lambda: (1, USED), audit)
    edited = Edited(Entry("segment", "Best"), {"criteria": "r = 1"}, 1)
    for deed in (
        lambda: editing.choices(MELVIN),
        lambda: editing.open(edited.entry, MELVIN),
        lambda: editing.draft(edited, MELVIN),
        lambda: editing.publish(edited, MELVIN, "slack"),
    ):
        with pytest.raises(UserError, match="Only administrators edit"):
            deed()
    assert {(one[0], one[1], one[3]) for one in audit.lines} == {("UMELVIN", "edit configuration", "refused")}
    assert len(audit.lines) == 4
