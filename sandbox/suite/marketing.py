"""Zoho Campaigns v1.1: mailings and their recipients. XML unless JSON is asked for; errors with 200."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from sandbox.suite.world import suite_of
from sandbox.zoho.answers import Answer, Call
from sandbox.zoho.state import Zoho

DEFAULT_RANGE = 20
LARGEST_RANGE = 500
ACTIONS = {"sentcontacts", "openedcontacts", "clickedcontacts", "unopenedcontacts", "optoutcontacts",
           "spamcontacts", "senthardbounce", "sentsoftbounce", "unsentcontacts"}  # fmt: skip


def sent_campaigns(zoho: Zoho, call: Call) -> Answer:
    """``GET /api/v1.1/recentsentcampaigns?resfmt=JSON&fromindex&range``."""
    wish = dict(call.query)
    rows = _cut(wish, suite_of(zoho).mailings())
    if not rows:
        return _answer(wish, {"code": "2602", "message": "No campaigns available."})
    shown = [
        {
            "campaign_key": one["key"],
            "campaign_name": one["name"],
            "campaign_status": "Sent",
            "subject": one["subject"],
            "sent_time": str(one["sent"] * 1000),
        }
        for one in rows
    ]
    return _answer(wish, {"code": "0", "status": "success", "recent_campaigns": shown})


def recipients(zoho: Zoho, call: Call) -> Answer:
    """``POST /api/v1.1/getcampaignrecipientsdata`` with campaignkey, action, fromindex, range."""
    wish = dict(call.query) | dict(parse_qsl(call.body.decode()))
    suite = suite_of(zoho)
    mailing = next((one for one in suite.mailings() if one["key"] == wish.get("campaignkey")), None)
    if mailing is None:
        return _answer(wish, {"code": "6301", "message": "Campaign key is invalid."})
    if wish.get("action") not in ACTIONS:
        return _answer(wish, {"code": "6303", "message": "Action is invalid."})
    rows = _cut(wish, suite.recipients(mailing["key"], wish["action"]))
    if not rows:
        return _answer(wish, {"code": 6302, "message": "No contacts available."})
    shown = [
        {
            "contactid": str(one.id % 10**9),
            "contactemailaddress": one.values["Email"],
            "contactfn": one.values["First_Name"],
            "contactln": one.values["Last_Name"],
            "sent_time": str(mailing["sent"] * 1000),
        }
        for one in rows
    ]
    return _answer(wish, {"code": "0", "status": "success", "list_of_details": shown})


def _cut(wish: dict[str, str], rows: list[Any]) -> list[Any]:
    first, count = _number(wish, "fromindex", 1), min(_number(wish, "range", DEFAULT_RANGE), LARGEST_RANGE)
    return rows[first - 1 : first - 1 + count]


def _number(wish: dict[str, str], name: str, default: int) -> int:
    text = wish.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and int(text) > 0 else default


def _answer(wish: dict[str, str], body: dict[str, Any]) -> Answer:
    if wish.get("resfmt", "").upper() == "JSON":
        return Answer(200, body)
    xml = f"<?xml version='1.0'?><response><code>{body['code']}</code></response>"
    return Answer(200, xml, content_type="text/xml;charset=UTF-8")
