"""Zoho Campaigns: who opened, clicked, opted out of or bounced a mailing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson

from connector.suite_ports import EngagementEvent, EventPage
from connector.zoho.suite import Params, SuiteClient, from_milliseconds, whole

SCOPES = "ZohoCampaigns.campaign.READ, ZohoCampaigns.contact.READ"
PATH = "/api/v1.1"
CAMPAIGNS_PER_PAGE, RECIPIENTS_PER_PAGE = 100, 200
# People open a mailing for weeks; after that its lists do not change any more.
LOOKED_AT_FOR = timedelta(days=45)
# Zoho Campaigns, error codes: these say that a list is empty.
EMPTY = frozenset(
    {"992", "993", "994", "995", "2203", "2204", "2602", "2604", "2706", "6101", "6302", "6501"}
)
DONE = frozenset({"0", "200", ""})
# Zoho's word for a list of recipients -> our event and its direction.
ACTIONS = {
    "openedcontacts": "mailing_opened",
    "clickedcontacts": "mailing_clicked",
    "optoutcontacts": "mailing_opted_out",
    "spamcontacts": "mailing_marked_as_spam",
    "senthardbounce": "mailing_bounced",
}
Raw = Mapping[str, Any]


class CampaignEvents:
    """The port ``EventSource`` on Zoho Campaigns v1.1.

    Zoho says who opened a mailing but not when: the time is that of sending, and ``quality`` says so.
    """

    def __init__(self, client: SuiteClient) -> None:
        self._client = client

    @property
    def name(self) -> str:
        """Of the source."""
        return "campaigns"

    def pages(self, since: datetime, after: str | None) -> Iterator[EventPage]:
        """The recipients of every recent mailing; ``after`` is the key of one that is read."""
        mailings = self._mailings(since - LOOKED_AT_FOR)
        keys = [str(one["campaign_key"]) for one in mailings]
        start = keys.index(after) + 1 if after in keys else 0
        for mailing in mailings[start:]:
            events = [event for action in ACTIONS for event in self._recipients(mailing, action)]
            last = mailing is mailings[-1]
            yield EventPage(tuple(events), None if last else str(mailing["campaign_key"]))
        if start == len(mailings):
            yield EventPage(())

    def _mailings(self, since: datetime) -> list[Raw]:
        """Mailings sent since an instant, the oldest first."""
        found: list[Raw] = []
        first = 1
        while True:
            wish: Params = {
                "resfmt": "JSON",
                "fromindex": first,
                "range": CAMPAIGNS_PER_PAGE,
            }  # XML otherwise
            body = self._checked(self._client.get(f"{PATH}/recentsentcampaigns", wish))
            page = _rows(body, "recent_campaigns")
            found += [one for one in page if one.get("campaign_key")]
            first += len(page)
            if len(page) < CAMPAIGNS_PER_PAGE:
                break
        sent = [(from_milliseconds(one.get("sent_time")), one) for one in found]
        recent = [(at, one) for at, one in sent if at is not None and at >= since]
        return [one for _, one in sorted(recent, key=lambda pair: (pair[0], str(pair[1]["campaign_key"])))]

    def _recipients(self, mailing: Raw, action: str) -> Iterator[EngagementEvent]:
        first = 1
        while True:
            wish: Params = {
                "resfmt": "JSON",
                "campaignkey": str(mailing["campaign_key"]),
                "action": action,
                "fromindex": first,
                "range": RECIPIENTS_PER_PAGE,
            }
            body = self._checked(self._client.query(f"{PATH}/getcampaignrecipientsdata", wish))
            rows = _rows(body, "list_of_details")
            for row in rows:
                yield from recipient_events(mailing, row, action)
            first += len(rows)
            if len(rows) < RECIPIENTS_PER_PAGE:
                return

    def _checked(self, body: Any) -> Raw:
        """The answer, if it is none of the errors that come with HTTP 200."""
        answer: Raw = body if isinstance(body, dict) else {}
        code = str(answer.get("code", answer.get("Code", "")))
        if code in EMPTY:
            return {}
        if code not in DONE:
            self._client.refuse(code, answer.get("message"))
        return answer


def recipient_events(mailing: Raw, row: Raw, action: str) -> Iterator[EngagementEvent]:
    """What one recipient did with a mailing."""
    email = str(row.get("contactemailaddress") or "").strip().casefold()
    at = from_milliseconds(row.get("sent_time")) or from_milliseconds(mailing.get("sent_time"))
    if not email or at is None:
        return
    key = str(mailing["campaign_key"])
    yield EngagementEvent(
        source="campaigns",
        raw_id=f"{key} {row.get('contactid') or email}"[:100],
        event_type=ACTIONS[action],
        occurred_at=at,
        quality="sent_time",
        email=email,
        object_key=key,
        direction="in",
        text=str(mailing.get("subject") or mailing.get("campaign_name") or "") or None,
        raw=orjson.dumps(
            {"campaign": mailing.get("campaign_name"), "contact": whole(row.get("contactid"))}
        ).decode(),
    )


def _rows(body: Raw, key: str) -> list[Raw]:
    rows = body.get(key)
    return [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []
