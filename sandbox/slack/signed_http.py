"""Signed requests to an app that listens over HTTP instead of Socket Mode.

https://docs.slack.dev/authentication/verifying-requests-from-slack/
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import requests

from sandbox.slack.socket_mode import ACK_SECONDS, NotAcknowledged
from sandbox.slack.world import SIGNING_SECRET

NO_RETRY = "no_retry"
Json = dict[str, Any]


def signature_headers(body: bytes, timestamp: int) -> dict[str, str]:
    """The two headers that prove that a request comes from here."""
    base = f"v0:{timestamp}:".encode() + body
    digest = hmac.new(SIGNING_SECRET.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": f"v0={digest}"}


async def post_json(url: str, payload: Json, headers: Mapping[str, str]) -> Json:
    """Post an event.

    Raises:
        NotAcknowledged: no 2xx in three seconds.
    """
    return await _post(url, json.dumps(payload).encode(), {**headers, "Content-Type": "application/json"})


async def post_form(url: str, fields: Mapping[str, str]) -> Json:
    """Post a command or an interaction; the answer's JSON, or its text as ``{"text": ...}``.

    Raises:
        NotAcknowledged: no 2xx in three seconds.
    """
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return await _post(url, urlencode(fields).encode(), kind)


async def _post(url: str, body: bytes, headers: Mapping[str, str]) -> Json:
    signed = {**headers, **signature_headers(body, int(time.time()))}
    try:
        response = await asyncio.to_thread(requests.post, url, data=body, headers=signed, timeout=ACK_SECONDS)
    except requests.Timeout:
        raise NotAcknowledged("http_timeout") from None
    except requests.RequestException:
        raise NotAcknowledged("connection_failed") from None
    if not response.ok:
        refuses = response.headers.get("X-Slack-No-Retry") == "1"
        raise NotAcknowledged(NO_RETRY if refuses else "http_error")
    return _answer(response)


def _answer(response: requests.Response) -> Json:
    if not response.content:
        return {}
    try:
        value = response.json()
    except ValueError:
        return {"text": response.text}
    return value if isinstance(value, dict) else {}
