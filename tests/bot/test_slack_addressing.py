"""Addresses in Slack's own words: people by e-mail, threads, groups; a lost answer in a thread is found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.app.errors import SendError, SendUnclear
from bot.app.notices import AlertNotice
from bot.app.ports import OutboxMessage, Posted
from bot.slack.addressing import SlackLookup, UserGroups
from bot.slack.gateway import SlackGateway, draw
from bot.slack.views.alert import alert_message
from bot.slack.views.limits import Surface, check
from tests.support.slack_api import RecordingSlack, recording_slack

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
DARCEL = {"id": "UDARCEL", "real_name": "Darcel", "profile": {"email": "darcel@x.example"}}


class Workspace(RecordingSlack):
    """With look-ups by e-mail, threads and user groups."""

    def answer(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if method == "users.lookupByEmail":
            found = [one for one in self.users.values() if one["profile"]["email"] == arguments["email"]]
            return {"ok": True, "user": found[0]} if found else {"ok": False, "error": "users_not_found"}
        if method == "usergroups.list":
            groups = [{"id": "SLEADS", "handle": "leads"}, {"id": "SOLD", "handle": "old", "date_delete": 9}]
            return {"ok": True, "usergroups": groups}
        if method == "conversations.replies":
            mine = [one for one in self.messages if one.get("thread_ts") == arguments["ts"]]
            return {"ok": True, "messages": mine}
        if method == "conversations.history":
            return {"ok": True, "messages": [one for one in self.messages if "thread_ts" not in one]}
        return super().answer(method, arguments)


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordingSlack]:
    monkeypatch.setattr("tests.support.slack_api.RecordingSlack", Workspace)
    with recording_slack() as found:
        yield found


def client(slack: RecordingSlack) -> WebClient:
    return WebClient(token="xoxb-test", base_url=slack.api_url)


def message(payload: Mapping[str, Any], since: datetime | None = None) -> OutboxMessage:
    return OutboxMessage(7, "text", "CALERTS", {"text": "Still open.", **payload}, 1, since)


def test_a_person_is_found_by_e_mail_and_told_directly(slack: RecordingSlack) -> None:
    slack.users["UDARCEL"] = DARCEL
    lookup = SlackLookup(client(slack))
    found = lookup.by_email("darcel@x.example")
    assert found is not None
    assert (found[0], found[1].email, found[1].is_guest) == ("UDARCEL", "darcel@x.example", False)
    assert lookup.by_email("nobody@x.example") is None
    assert lookup.direct_channel("UDARCEL") == "DDARCEL"


@pytest.mark.parametrize(
    ("flags", "email", "guest"),
    [
        ({"is_email_confirmed": False}, None, False),
        ({"is_restricted": True}, "darcel@x.example", True),
        ({"deleted": True}, "darcel@x.example", True),
        ({"is_stranger": True}, "darcel@x.example", True),
    ],
)
def test_who_is_not_verified_or_not_ours_is_said_to_be_so(
    slack: RecordingSlack, flags: dict[str, bool], email: str | None, *, guest: bool
) -> None:
    slack.users["UDARCEL"] = DARCEL | flags
    found = SlackLookup(client(slack)).by_email("darcel@x.example")
    assert found is not None
    assert (found[1].email, found[1].is_guest) == (email, guest)


def test_a_failed_lookup_is_an_error_and_not_nobody(slack: RecordingSlack) -> None:
    slack.faults["users.lookupByEmail"] = [(500, {})]
    with pytest.raises(SendError):
        SlackLookup(client(slack)).by_email("darcel@x.example")


def test_a_follow_up_is_posted_in_its_thread_and_found_there_after_a_lost_answer(
    slack: RecordingSlack,
) -> None:
    gateway = SlackGateway(client(slack))
    thread = {"thread": {"channel": "CALERTS", "ts": "1.0"}, "broadcast": True}
    slack.faults["chat.postMessage"] = ["lost"]
    with pytest.raises(SendUnclear):
        gateway.post(message(thread))
    [posted] = slack.of("chat.postMessage")
    assert (posted["thread_ts"], posted["reply_broadcast"]) == ("1.0", True)
    found = gateway.find_posted(message(thread, since=AT))
    assert found == Posted("CALERTS", slack.messages[0]["ts"])
    assert gateway.find_posted(message({}, since=AT)) is None


def test_a_thread_of_another_channel_is_left_alone(slack: RecordingSlack) -> None:
    SlackGateway(client(slack)).post(message({"thread": {"channel": "COTHER", "ts": "1.0"}}))
    assert "thread_ts" not in slack.of("chat.postMessage")[0]


def notice(**values: Any) -> AlertNotice:
    return AlertNotice(
        **{
            "alert_id": 1,
            "account_id": "1",
            "account_name": "<!channel> *Konex*",
            "crm_url": None,
            "segmentation": "Purchases",
            "old_label": "VIP",
            "new_label": "At Risk",
            "direction": "worse",
            "reasons": tuple(f"Reason {one}." for one in range(6)),
            "money_minor": 26_924_500,
            "currency": "USD",
            "owner_name": "Darcel",
            "last_purchase": AT.date(),
            "next_step": "Call.",
            "changed_at": AT,
            **values,
        }
    )


def test_a_group_that_slack_knows_is_mentioned_and_another_is_a_text(slack: RecordingSlack) -> None:
    groups = UserGroups(client(slack))
    payload = notice(mention="Leads").as_payload()
    known = draw("alert", groups.mentioned(payload))
    assert known.blocks[0]["elements"][0]["elements"] == [{"type": "usergroup", "usergroup_id": "SLEADS"}]
    for handle in ("old", "nobody", "<!channel>"):
        drawn = draw("alert", groups.mentioned({**payload, "mention": handle}))
        [element] = drawn.blocks[0]["elements"][0]["elements"]
        assert element["type"] == "text"
    slack.faults["usergroups.list"] = ["missing_scope"]
    drawn = draw("alert", UserGroups(client(slack)).mentioned(payload))
    assert drawn.blocks[0]["elements"][0]["elements"][0]["text"] == "@Leads"


def test_the_message_is_readable_in_five_seconds_and_says_why_it_is_here() -> None:
    told = notice(last_contact=AT.date(), note="3 more were held back: cooldown 2, <!here> 1.", mention="x")
    drawn = alert_message(told)
    text = str(drawn.payload())
    assert check(drawn.payload(), Surface.MESSAGE) == []
    assert "<!channel>" not in drawn.text
    assert "<!here>" not in text
    assert "&lt;!here&gt;" in text
    assert [one for one in range(6) if f"Reason {one}." in text] == [0, 1, 2]
    for said in ("VIP → At Risk", "$269.2k", "Darcel", "Last contact", "24 Nov 2026", "Call.", "held back"):
        assert said in text
    assert "Last contact" not in str(alert_message(notice()).payload())


def test_a_summary_says_what_was_held_back() -> None:
    payload = {"title": "2 accounts", "lines": [], "total": 2, "currency": "USD", "note": "1 more <@U1>."}
    drawn = draw("alert_summary", {**payload, "mention": "leads", "mention_id": "SLEADS"})
    assert check(drawn.payload(), Surface.MESSAGE) == []
    assert drawn.blocks[0]["elements"][0]["elements"][0]["type"] == "usergroup"
    assert "1 more &lt;@U1&gt;." in str(drawn.blocks[-1])
