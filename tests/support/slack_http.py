"""Slack's side of HTTP: signed requests, and an app of the sandbox that listens over HTTP."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import requests
from ruamel.yaml import YAML
from starlette.routing import Route

from bot.runtime.http import HttpServer, http_app
from sandbox.demo.children import free_port
from tests.support.slack_sandbox import MANIFEST

SECRET = "sandbox-signing-secret"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


def signed(body: bytes, at: int | str | None = None, secret: str = SECRET) -> dict[str, str]:
    """The two headers for a body; ``at``: seconds since 1970, now by default."""
    given = str(int(time.time()) if at is None else at)
    digest = hmac.new(secret.encode(), f"v0:{given}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": given, "X-Slack-Signature": f"v0={digest}"}


def post(url: str, body: bytes, headers: Mapping[str, str], kind: str = JSON) -> requests.Response:
    """One request to the app."""
    return requests.post(url, data=body, headers={"Content-Type": kind, **headers}, timeout=10)


def send(url: str, payload: Mapping[str, Any]) -> requests.Response:
    """An event, a command or an interaction, each in the form that Slack gives it."""
    if payload.get("type") == "event_callback" or "challenge" in payload:
        body, kind = json.dumps(payload).encode(), JSON
    elif "command" in payload:
        body, kind = urlencode(payload).encode(), FORM
    else:
        body, kind = urlencode({"payload": json.dumps(payload)}).encode(), FORM
    return post(url, body, signed(body), kind)


@contextmanager
def served(routes: list[Route], port: int = 0) -> Iterator[str]:
    """The address at which these are served."""
    port = port or free_port(0)
    with HttpServer(http_app(list, routes), "127.0.0.1", port):
        yield f"http://127.0.0.1:{port}"


def http_manifest(directory: Path, public_url: str) -> Path:
    """The product's manifest as its comment says that it is for HTTP."""
    yaml = YAML(typ="safe")
    document = yaml.load(MANIFEST.read_text(encoding="utf-8"))
    address = f"{public_url}/slack/events"
    document["settings"] |= {"socket_mode_enabled": False}
    document["settings"]["event_subscriptions"]["request_url"] = address
    document["settings"]["interactivity"] |= {"request_url": address, "message_menu_options_url": address}
    document["features"]["slash_commands"][0]["url"] = address
    document["oauth_config"]["redirect_urls"] = [f"{public_url}/slack/oauth_redirect"]
    written = directory / "manifest.json"
    written.write_text(json.dumps(document), encoding="utf-8")
    return written
