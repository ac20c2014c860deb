"""Desk, Campaigns, SalesIQ, Survey and e-mails: what they answer, as events. Single exchanges."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest
import responses
from requests import PreparedRequest
from responses import matchers

from connector.access_ports import AccessToken
from connector.errors import Fatal, NeedsPerson, Retriable
from connector.zoho.client import RetryPolicy
from connector.zoho.suite import SuiteClient
from connector.zoho.suite_campaigns import CampaignEvents
from connector.zoho.suite_desk import DeskEvents
from connector.zoho.suite_emails import EmailEvents
from connector.zoho.suite_salesiq import SalesIqEvents
from connector.zoho.suite_survey import survey_events

BASE = "https://suite.example"
SINCE = datetime(2026, 11, 1, tzinfo=UTC)
IMPATIENT = RetryPolicy(attempts=2, first_wait_seconds=0.001, longest_wait_seconds=0.002)


class Tokens:
    """Hands out a token with a number, the next when one is rejected."""

    def __init__(self) -> None:
        self.number = 1

    def current(self) -> AccessToken:
        return AccessToken(f"1000.token.{self.number}", BASE, datetime(2100, 1, 1, tzinfo=UTC))

    def reject(self, value: str) -> None:
        assert value == f"1000.token.{self.number}"
        self.number += 1


@pytest.fixture
def http() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def client(product: str = "desk") -> SuiteClient:
    return SuiteClient(
        product, BASE, Tokens(), scopes="Desk.tickets.READ", retry=IMPATIENT, sleep=lambda _: None
    )


TICKET: dict[str, Any] = {
    "id": "17",
    "subject": "Nothing works",
    "email": "Ann@One.example",
    "createdTime": "2026-11-02T10:00:00.000Z",
    "modifiedTime": "2026-11-03T10:00:00.000Z",
    "closedTime": None,
    "sentiment": "NEGATIVE",
    "contact": {"zohoCRMContact": {"id": "555"}, "account": {"zohoCRMAccount": {"id": "777"}}},
}


def test_desk_tickets_threads_and_ratings(http: responses.RequestsMock) -> None:
    http.get(f"{BASE}/api/v1/tickets/search", json={"data": [TICKET], "count": 1})
    thread = {
        "id": "t1",
        "direction": "in",
        "summary": "Please help",
        "sentiment": "NEGATIVE",
        "createdTime": "2026-11-02T10:00:00.000Z",
    }
    http.get(f"{BASE}/api/v1/tickets/17/threads", json={"data": [thread]})
    rating = {
        "id": "r1",
        "rating": "bad",
        "feedback": "slow",
        "ratedTime": "2026-11-04T10:00:00.000Z",
        "ticketId": "17",
        "email": "ann@one.example",
    }
    http.get(f"{BASE}/api/v1/customerHappiness", json={"data": [rating]})
    pages = list(DeskEvents(client()).pages(SINCE, None))
    found = {one.event_type: one for page in pages for one in page.events}
    assert set(found) == {"ticket_opened", "ticket_reply_received", "ticket_rated"}
    opened = found["ticket_opened"]
    assert (opened.contact_id, opened.account_id, opened.email) == ("555", "777", "ann@one.example")
    assert (opened.score, found["ticket_rated"].score, found["ticket_rated"].text) == (-100, -100, "slow")
    assert [page.after for page in pages] == ["2026-11-03T10:00:00.000Z", None]


def test_desk_without_anything_answers_204(http: responses.RequestsMock) -> None:
    http.get(f"{BASE}/api/v1/tickets/search", status=204)
    http.get(f"{BASE}/api/v1/customerHappiness", status=204)
    assert [page.events for page in DeskEvents(client()).pages(SINCE, None)] == [()]


def test_only_so_many_tickets_get_their_threads_and_the_report_says_so(http: responses.RequestsMock) -> None:
    http.get(f"{BASE}/api/v1/tickets/search", json={"data": [TICKET, TICKET | {"id": "18"}]})
    http.get(f"{BASE}/api/v1/tickets/17/threads", status=204)
    http.get(f"{BASE}/api/v1/customerHappiness", status=204)
    *_, last = DeskEvents(client(), threads_a_reading=1).pages(SINCE, None)
    assert last.notes == ("1 tickets without what was written in them",)


def test_a_refused_token_is_replaced_once(http: responses.RequestsMock) -> None:
    refused = {"errorCode": "INVALID_OAUTH", "message": "The OAuth Token is invalid."}
    http.get(f"{BASE}/x", status=401, json=refused)
    http.get(
        f"{BASE}/x",
        json={"data": []},
        match=[matchers.header_matcher({"Authorization": "Zoho-oauthtoken 1000.token.2"})],
    )
    assert client().get("/x", {}) == {"data": []}


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (403, '{"errorCode": "SCOPE_MISMATCH"}', NeedsPerson, "Desk.tickets.READ"),
        (403, '{"errorCode": "OAUTH_ORG_MISMATCH"}', NeedsPerson, "does not let us read"),
        (422, '{"errorCode": "UNPROCESSABLE_ENTITY"}', Fatal, "answered 422"),
        (429, '{"errorCode": "THRESHOLD_EXCEEDED"}', Retriable, "answered 429"),
        (502, "<html>bad gateway</html>", Retriable, "answered 502"),
        (200, '{"data": [', Retriable, "cut off"),
    ],
)
def test_refusals_say_how_one_recovers(
    http: responses.RequestsMock, status: int, body: str, error: type[Exception], words: str
) -> None:
    for _ in range(2 if error is Retriable else 1):
        http.get(f"{BASE}/x", status=status, body=body)
    with pytest.raises(error, match=words):
        client().get("/x", {})


def _recipients(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
    """One opened it; nobody did anything else, which Zoho calls an error."""
    form = parse_qs(str(request.body))
    assert form["resfmt"] == ["JSON"]
    if form["action"] == ["openedcontacts"]:
        row = '{"contactid": "9", "contactemailaddress": "Ann@One.example", "sent_time": "1793577600000"}'
        return 200, {}, f'{{"code": "0", "list_of_details": [{row}]}}'
    return 200, {}, '{"code": 6302, "message": "no contacts"}'


def test_campaigns_recipients_by_what_they_did(http: responses.RequestsMock) -> None:
    mailing = {"campaign_key": "k1", "campaign_name": "Autumn", "sent_time": "1793577600000"}
    old = {"campaign_key": "k0", "campaign_name": "Long ago", "sent_time": "1600000000000"}
    http.get(f"{BASE}/api/v1.1/recentsentcampaigns", json={"code": "0", "recent_campaigns": [mailing, old]})
    for _ in range(5):
        http.add_callback("POST", f"{BASE}/api/v1.1/getcampaignrecipientsdata", _recipients)
    (page,) = CampaignEvents(client("campaigns")).pages(SINCE, None)
    (one,) = page.events
    assert (one.event_type, one.email, one.quality) == ("mailing_opened", "ann@one.example", "sent_time")
    assert page.after is None


def test_campaigns_answer_errors_with_200(http: responses.RequestsMock) -> None:
    http.get(f"{BASE}/api/v1.1/recentsentcampaigns", json={"code": 6304, "message": "no privilege"})
    with pytest.raises(NeedsPerson, match="no privilege"):
        list(CampaignEvents(client("campaigns")).pages(SINCE, None))


def test_salesiq_chats_ratings_and_errors_with_200(http: responses.RequestsMock) -> None:
    chat = {
        "id": "c1",
        "start_time": "1793577600000",
        "attended_time": "1793577660000",
        "rating": 5,
        "end_time": "1793578200000",
        "question": "Price?",
        "visitor": {"email": "Ann@One.example"},
    }
    address = f"{BASE}/api/v2/shop/conversations"
    http.get(address, json={"data": [chat, {"id": "c2", "start_time": "1793577600000"}]})
    (page,) = SalesIqEvents(client("salesiq"), "shop").pages(SINCE, None)
    assert [one.event_type for one in page.events] == ["chat_held", "chat_rated", "chat_missed"]
    assert page.events[1].score == 100
    http.get(address, json={"error": {"code": 1006, "message": "invalid URL"}})
    with pytest.raises(Fatal, match="1006 invalid URL"):
        list(SalesIqEvents(client("salesiq"), "shop").pages(SINCE, None))


def test_a_survey_answer_by_the_configured_questions() -> None:
    answer = {
        "Response ID": "44",
        "Response Start Time": "Jun 03, 2024 11:07:29",
        "Email address": "A@B.example",
        "How likely?": "9",
        "Content?": "2",
        "Anything else?": "Too slow",
    }
    questions = {
        "email": "Email address",
        "nps": "How likely?",
        "csat": "Content?",
        "comment": "Anything else?",
    }
    found = list(survey_events(answer, SINCE, **questions))
    assert [(one.event_type, one.score) for one in found] == [("nps", 80), ("csat", -50)]
    assert {one.raw_id for one in found} == {"44"}
    assert found[0].occurred_at == datetime(2024, 6, 3, 11, 7, 29, tzinfo=UTC)
    assert (found[0].email, found[0].text, found[0].quality) == ("a@b.example", "Too slow", "day")


@pytest.mark.parametrize("answer", [{}, {"Response ID": None, "x": [1]}, {"How likely?": "eleven"}])
def test_a_strange_survey_answer_is_no_event(answer: dict[str, Any]) -> None:
    found = list(survey_events(answer, SINCE, email="E", nps="How likely?", csat=None, comment=None))
    assert found == []


def test_emails_contact_by_contact_and_what_became_of_them() -> None:
    sent = {
        "message_id": "m1",
        "time": "2026-11-05T10:00:00+00:00",
        "sent": True,
        "subject": "Offer",
        "to": [{"email": "Ann@One.example"}],
        "sentiment_info": "positive",
        "status": [{"type": "opened", "first_open": "2026-11-06T08:00:00+00:00", "count": "3"}],
    }
    old = {
        "message_id": "m0",
        "time": "2025-01-01T10:00:00+00:00",
        "sent": False,
        "from": {"email": "ann@one.example"},
    }
    asked: list[tuple[str, dict[str, Any]]] = []

    def get(path: str, params: Any) -> Any:
        asked.append((path, dict(params)))
        if "Contacts/8/" in path:
            return None
        page = {"Emails": [old], "info": {"more_records": True, "next_index": "further"}}
        return page if params else {"Emails": [sent], "info": {"more_records": True, "next_index": "n2"}}

    source = EmailEvents(
        get,
        lambda _since, after: iter([c for c in ("7", "8", "9") if c > (after or "")]),
        contacts_a_reading=2,
    )
    pages = list(source.pages(SINCE, None))
    assert [one.event_type for one in pages[0].events] == ["email_sent", "email_opened", "email_received"]
    assert [one.email for one in pages[0].events] == ["ann@one.example"] * 3
    assert asked[1] == ("/crm/v8/Contacts/7/Emails", {"index": "n2"})  # what is older is known
    assert [page.after for page in pages] == ["7", "8"]  # the next reading goes on behind the eighth
    *_, last = source.pages(SINCE, "9")
    assert last.after is None
