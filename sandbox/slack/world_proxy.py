"""The page's panel "The world": the sandbox's CRM and the clock, reached through the page's own origin."""

from __future__ import annotations

import asyncio
from typing import Any

import requests

from sandbox.slack.faults import KINDS, Fault
from sandbox.slack.refusals import Refused
from sandbox.slack.workspace import Workspace

SECONDS = 10
FARTHEST_SECONDS = 10 * 365 * 86_400
NO_CRM = "no CRM is connected; start with --zoho URL"
Json = dict[str, Any]


async def ask_zoho(slack: Workspace, verb: str, path: str, body: Json | None = None) -> Any:
    """Ask the sandbox's CRM.

    Raises:
        Refused: there is none, it does not answer, or it refuses.
    """
    if slack.zoho_url is None:
        raise Refused(NO_CRM, status=409)
    url = f"{slack.zoho_url}/_sandbox/{path}"
    try:
        answer = await asyncio.to_thread(
            requests.request, verb, url, json=body, timeout=SECONDS, headers={"X-Sandbox": "1"}
        )
        answer.raise_for_status()
        return answer.json() if answer.content else {}
    except requests.HTTPError as error:
        raise Refused(
            f"the CRM refused: {error.response.status_code} {error.response.text[:200]}", status=502
        ) from None
    except (requests.RequestException, ValueError) as error:
        raise Refused(f"the CRM did not answer: {type(error).__name__}", status=502) from None


async def accounts(slack: Workspace) -> Json:
    """The CRM's accounts, those that won most first; ``missing`` says why there are none."""
    if slack.zoho_url is None:
        return {"accounts": [], "missing": NO_CRM}
    return {"accounts": await ask_zoho(slack, "GET", "accounts?by=won")}


async def change_deals(slack: Workspace, what: str, asked: Json) -> Any:
    """Win or lose deals of an account."""
    account = str(asked.get("account_id", ""))
    if not account.isalnum():
        raise Refused("account_id is needed", status=400)
    rest = {name: value for name, value in asked.items() if name in {"days", "amount"} and value is not None}
    return await ask_zoho(slack, "POST", f"accounts/{account}/{what}", rest)


async def broken(slack: Workspace, what: str) -> Json:
    """The kind of fault that is ordered now, or null."""
    if what == "slack":
        faults = slack.faults.as_list()
    else:
        faults = (await ask_zoho(slack, "GET", "faults"))["faults"] if slack.zoho_url else []
    return {"kind": faults[0]["kind"] if faults else None}


async def break_zoho(slack: Workspace, kind: str | None) -> Json:
    """Order a fault on everything in the CRM, or mend it all."""
    await ask_zoho(slack, "DELETE", "faults")
    if kind:
        await ask_zoho(slack, "POST", "faults", {"kind": kind, "match": "", "times": None})
    return {"kind": kind}


async def break_slack(slack: Workspace, kind: str | None) -> Json:
    """Order a fault on everything in this Slack, or mend it all."""
    slack.faults.clear()
    if kind:
        await order_fault(slack, Fault(kind))
    return {"kind": kind}


async def order_fault(slack: Workspace, fault: Fault) -> None:
    """Place an order; ``disconnect`` happens at once, and so do the closed sockets of a Slack that is down.

    Raises:
        Refused: there is no such kind.
    """
    if fault.kind not in KINDS:
        raise Refused(f"unknown kind of fault {fault.kind!r}; there are {', '.join(KINDS)}", status=400)
    if fault.kind == "disconnect":
        await slack.sockets.disconnect()
        return
    slack.faults.order(fault)
    if slack.faults.is_down():
        await slack.sockets.disconnect("link_disabled")
    slack.feed.tell("state")


def clock(slack: Workspace) -> Json:
    """Where the clock stands."""
    return {
        "offset_seconds": slack.clock.offset_seconds(),
        "now": slack.clock.now().isoformat(),
        "can_move": slack.clock.can_move,
    }


def move_clock(slack: Workspace, seconds: float) -> Json:
    """Move the clock of everything that reads its file.

    Raises:
        Refused: the sandbox was started without one, or it is too far.
    """
    if not slack.clock.can_move:
        raise Refused("the clock cannot be moved; start with --clock-file FILE", status=409)
    if not abs(slack.clock.offset_seconds() + seconds) <= FARTHEST_SECONDS:  # also what is not a number
        raise Refused("the clock moves ten years at most", status=400)
    slack.clock.add(seconds)
    slack.feed.tell("state")
    return clock(slack)
