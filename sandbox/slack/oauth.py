"""Installing the app: the page on which a person allows it, ``oauth.v2.access``, and taking it away again.

https://docs.slack.dev/authentication/installing-with-oauth/
"""

from __future__ import annotations

import html
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.slack import events
from sandbox.slack.refusals import Refused
from sandbox.slack.workspace import Workspace
from sandbox.slack.world import BOT_USER, CLIENT_ID, TEAM_ID, TEAM_NAME, USERS

CODE_SECONDS = 600  # a code lives ten minutes and is exchanged once
OTHER_TEAM = ("T0ELSEWHERE", "Somewhere Else")
Json = dict[str, Any]


@dataclass(frozen=True)
class Grant:
    """What somebody allowed, until the app exchanges its code."""

    user: str
    team: tuple[str, str]
    scopes: str
    redirect_uri: str
    issued: float = field(default_factory=time.monotonic)


async def authorize(request: Request) -> Response:
    """``/oauth/v2/authorize``: what the app wants, to be allowed or not."""
    wanted = request.query_params
    if problem := _problem(wanted):
        return HTMLResponse(f"<p>Something went wrong when authorizing this app: {problem}</p>", 400)
    scopes = "".join(f"<li>{html.escape(one)}</li>" for one in wanted["scope"].split(","))
    answers = "".join(
        f'<p><a href="/oauth/v2/answer?{html.escape(urlencode({**wanted, **answer}))}">{words}</a></p>'
        for words, answer in (
            (f"Allow in {TEAM_NAME}", {"allow": "1"}),
            (f"Allow in {OTHER_TEAM[1]}", {"allow": "1", "workspace": "other"}),
            ("Cancel", {"allow": "0"}),
        )
    )
    return HTMLResponse(f"<h1>Bellwether wants to enter</h1><ul>{scopes}</ul>{answers}")


def _problem(wanted: QueryParams) -> str:
    """What Slack's page would complain of; empty for nothing."""
    if wanted.get("client_id") != CLIENT_ID:
        return "invalid_client_id"
    if not wanted.get("scope"):
        return "invalid_scope"
    if urlsplit(wanted.get("redirect_uri", "")).scheme not in {"http", "https"}:
        return "bad_redirect_uri"
    return ""


async def answer(request: Request) -> Response:
    """What the person has chosen: back to the app with a code, or with ``access_denied``."""
    slack: Workspace = request.app.state.slack
    wanted = request.query_params
    if problem := _problem(wanted):
        return HTMLResponse(problem, 400)
    back: Json = {"state": wanted.get("state", "")}
    if wanted.get("allow") != "1":
        return RedirectResponse(_with_query(wanted["redirect_uri"], {"error": "access_denied", **back}), 302)
    user = wanted.get("as", "UADA")
    team = OTHER_TEAM if wanted.get("workspace") == "other" else (TEAM_ID, TEAM_NAME)
    code = secrets.token_urlsafe(24)
    slack.grants[code] = Grant(
        user if user in USERS else "UADA", team, wanted["scope"], wanted["redirect_uri"]
    )
    return RedirectResponse(_with_query(wanted["redirect_uri"], {"code": code, **back}), 302)


def _with_query(url: str, more: Json) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=urlencode([*parse_qsl(parts.query), *more.items()])))


def exchange(slack: Workspace, code: str, redirect_uri: str) -> Json:
    """A code for a token.

    Raises:
        Refused: ``invalid_code`` for one that is unknown, used or old; ``bad_redirect_uri``.
    """
    grant = slack.grants.pop(code, None)
    if grant is None or time.monotonic() - grant.issued > CODE_SECONDS:
        raise Refused("invalid_code")
    if grant.redirect_uri != redirect_uri:
        raise Refused("bad_redirect_uri")
    token = f"xoxb-{secrets.token_hex(12)}"
    slack.tokens[token] = grant.team[0]
    slack.feed.tell("state")
    return {
        "access_token": token,
        "token_type": "bot",
        "scope": grant.scopes,
        "bot_user_id": BOT_USER,
        "team": {"id": grant.team[0], "name": grant.team[1]},
        "enterprise": None,
        "is_enterprise_install": False,
        "authed_user": {"id": grant.user},
    }


def uninstall(slack: Workspace) -> None:
    """Take the app out of the workspace: its tokens end, and it is told, as far as it listens."""
    slack.revoked.update(slack.tokens)
    slack.tokens.clear()
    events.send(slack, {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [BOT_USER]}})
    events.send(slack, {"type": "app_uninstalled"})
    slack.feed.tell("state")
