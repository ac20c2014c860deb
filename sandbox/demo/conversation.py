"""A scripted conversation with the running product, through the API that a person's browser uses."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import requests

from sandbox.demo.transcript import message_text

REP, MANAGER = "UDARCEL", "UMELVIN"
DM, ALERTS = "DDARCEL", "CALERTS"
ADMIN, ADMIN_DM = "UADA", "DADA"
PATIENCE_SECONDS = 60.0
QUIET_SECONDS = 6.0  # how long to watch for a second alert that must not come
Message = dict[str, Any]


class Disappointment(Exception):
    """The product did not do what it should."""


@dataclass
class Page:
    """The page's API, as one person sees it.

    Attributes:
        base: where the sandbox's Slack listens.
        failures: what did not hold, for the verdict at the end.
    """

    base: str
    failures: list[str] = field(default_factory=list)

    def get(self, path: str, **query: str) -> Any:
        """Read something of the sandbox."""
        answer = requests.get(f"{self.base}/_sandbox/{path}", params=query, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, **body: Any) -> Any:
        """Do something as a person."""
        answer = requests.post(
            f"{self.base}/_sandbox/{path}", json=body, headers={"X-Sandbox": "1"}, timeout=30
        )
        answer.raise_for_status()
        return answer.json()

    def messages(self, channel: str, person: str) -> list[Message]:
        """What a person sees in a channel, oldest first."""
        found: list[Message] = self.get("messages", channel=channel, **{"as": person})["messages"]
        return found

    def say(self, text: str) -> None:
        """Say something to Bellwether in a direct message, and print it."""
        self.post("say", **{"as": REP, "channel": DM, "text": text})
        print(f"\nDarcel Schlecht\n    {text}", flush=True)

    def ask(self, text: str) -> Message:
        """Say something to Bellwether in a direct message; print both sides; return the answer."""
        before = {one["ts"] for one in self.messages(DM, REP)}
        self.say(text)
        answer = self._await(
            lambda: (one for one in self.messages(DM, REP) if one["ts"] not in before and one["user"] != REP),
            f"an answer to {text!r}",
        )
        _print(answer)
        return answer

    def await_alert(self, known: set[str], name: str) -> Message:
        """Wait for an alert about an account in #cs-alerts."""
        return self._await(
            lambda: (
                one
                for one in self.messages(ALERTS, MANAGER)
                if one["ts"] not in known and name in message_text(one)
            ),
            f"an alert about {name}",
        )

    def await_said(self, channel: str, person: str, words: str) -> Message:
        """Wait until the app's last message somewhere has some words in it, and print it."""
        found = self._await(
            lambda: (one for one in self.messages(channel, person)[-1:] if words in message_text(one)), words
        )
        _print(found)
        return found

    def press(self, channel: str, person: str, message: Message, words: str) -> None:
        """Press the button that begins with some words."""
        button = next(one for one in _buttons(message) if one["text"].startswith(words))
        self.post("click", **{"as": person, "channel": channel, "ts": message["ts"], **button["click"]})
        print(f"\n[The button {button['text']} is pressed.]", flush=True)

    def check(self, holds: bool, what: str) -> None:  # noqa: FBT001 - reads like an assertion
        """Note whether something holds."""
        print(f"    {'✓' if holds else '✗'} {what}", flush=True)
        if not holds:
            self.failures.append(what)

    def _await(self, find: Callable[[], Iterator[Message]], what: str) -> Message:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            found = next(find(), None)
            if found is not None:
                return found
            time.sleep(0.1)
        raise Disappointment(f"waited {PATIENCE_SECONDS:g} seconds in vain for {what}")


def hold_conversation(page_url: str, zoho_url: str) -> int:
    """Hold the conversation and print it; 0 when everything held, 1 otherwise.

    Args:
        page_url: the sandbox's Slack.
        zoho_url: the sandbox's Zoho, whose records say what the right answers are.
    """
    page = Page(page_url)
    try:
        _questions(page, _medical_accounts(zoho_url))
        _further_questions(page)
        _enriching(page)
        _alert(page)
    except Disappointment as error:
        page.failures.append(str(error))
    except requests.RequestException as error:
        page.failures.append(f"the sandbox did not answer: {type(error).__name__}")
    print()
    for failure in page.failures:
        print(f"bellwether demo: {failure}", file=sys.stderr)
    print(
        "The conversation went as it should." if not page.failures else f"{len(page.failures)} checks failed."
    )
    return 1 if page.failures else 0


def _questions(page: Page, medical: set[str]) -> None:
    answer = page.ask("show VIP accounts in healthcare")
    named = _accounts_named(answer, medical)
    page.check(bool(named), "lists accounts")
    page.check(_rows(answer) == named, "every account listed is medical in the CRM")
    page.check("industry = medical" in message_text(answer), "says how it was read")
    misspelt = page.ask("show VIP accounts in helthcare")
    page.check(_rows(misspelt) == named, "the misspelt word gives the same accounts")
    counted = page.ask("how many champions per industry?")
    page.check("retail" in message_text(counted).lower(), "counts by industry")
    account = min(named)
    card = message_text(page.ask(f"how is {account} doing?"))
    page.check(account in card and "VIP" in card, "the card tells the account's label")
    lost = page.ask("show VIP accounts in frobnicate")
    page.check("frobnicate" in message_text(lost), "names the word that was not understood")
    page.check(bool(_buttons(lost)), "offers readings as buttons")


def _further_questions(page: Page) -> None:
    """A number with its picture, a follow-up, the past, and what to offer."""
    revenue = message_text(page.ask("revenue by quarter"))
    page.check("$" in revenue and "Q3 2026" in revenue, "tells a figure by quarter")
    before = {one["ts"] for one in page.messages(DM, REP) if one.get("files")}
    page.say("chart")
    drawn = page._await(
        lambda: (one for one in page.messages(DM, REP) if one.get("files") and one["ts"] not in before),
        "a chart",
    )
    page.check(bool(drawn["files"][0].get("alt_txt")), "the chart says in words what it shows")
    page.ask("VIPs")
    fewer = message_text(page.ask("only in retail"))
    page.check("industry = retail" in fewer and "label = VIP" in fewer, "a follow-up narrows the question")
    then = message_text(page.ask("who was VIP in June?"))
    page.check("2026" in then and "VIP" in then, "tells who had a label in the past")
    moved = message_text(page.ask("who left VIP this year?"))
    page.check("left VIP" in moved, "tells who left a label")
    offered = message_text(page.ask("what should I offer Konex?"))
    page.check("Konex" in offered and "%" in offered, "says what to offer, with its chance")
    why = message_text(page.ask("why is Konex VIP?"))
    page.check("Recency" in why and "r >= 2" in why, "explains a label by its arithmetic")


def _enriching(page: Page) -> None:
    """One account with consent, and several at once."""
    page.ask("enrich Konex")
    found = page.await_said(DM, REP, "Review and choose")
    page.check("(empty)" in message_text(found), "sets what the site says beside what the CRM says")
    page.press(DM, REP, found, "Review and choose")
    form = page._await(lambda: iter(page.get("state", **{"as": REP})["modal"]), "the form")
    page.post("submit", **{"as": REP, "view_id": form["id"], "values": {}})
    written = page.await_said(DM, REP, "fields written")
    page.check("Billing Street: (empty) → " in message_text(written), "writes what was ticked")
    print("\nAda Lindqvist\n    enrich entertainment accounts", flush=True)
    page.post("say", **{"as": ADMIN, "channel": ADMIN_DM, "text": "enrich entertainment accounts"})
    asked = page.await_said(ADMIN_DM, ADMIN, "are left of today's")
    page.press(ADMIN_DM, ADMIN, asked, "Enrich ")
    done = message_text(page.await_said(ADMIN_DM, ADMIN, "accounts done"))
    page.check("could not be reached: 1" in done, "tells which sites failed, by reason")
    page.check("5 + 1 = 6 accounts" in done, "every account is counted once")


def _alert(page: Page) -> None:
    known = {one["ts"] for one in page.messages(ALERTS, MANAGER)}
    accounts = page.get("world/accounts")["accounts"]
    account = next(one for one in accounts if "VIP" in message_text(page.ask(f"how is {one['name']} doing?")))
    print(f"\n[In Zoho, {account['name']} loses the deals of the last four months.]", flush=True)
    started = time.monotonic()
    page.post("world/lose", account_id=account["id"])
    alert = page.await_alert(known, account["name"])
    print(f"\n#cs-alerts, {time.monotonic() - started:.1f} seconds later")
    _print(alert)
    text = message_text(alert)
    page.check("VIP" in text and "At Risk" in text, "the alert has the old and the new label")
    page.check("purchase" in text, "the alert has the reason")
    page.check("owner" in text.lower(), "the alert names the owner")
    page.check("$" in text or "USD" in text, "the alert has the money at stake")
    _acknowledge(page, alert)
    time.sleep(QUIET_SECONDS)
    new = [one for one in page.messages(ALERTS, MANAGER) if one["ts"] not in known]
    alerts = [one for one in new if one.get("thread_ts") in {None, one["ts"]}]  # its history is in its thread
    page.check(len(alerts) == 1, "exactly one alert came")
    page.check(len(new) == 2, "who acknowledged it stands in its thread")  # noqa: PLR2004 - the alert and a line


def _acknowledge(page: Page, alert: Message) -> None:
    button = next(one for one in _buttons(alert) if "acknowledge" in one["text"].lower())
    page.post("click", **{"as": MANAGER, "channel": ALERTS, "ts": alert["ts"], **button["click"]})
    print("\n[Melvin Marxen presses Acknowledge.]")
    updated = page._await(
        lambda: (
            one
            for one in page.messages(ALERTS, MANAGER)
            if one["ts"] == alert["ts"] and "Acknowledged" in message_text(one)
        ),
        "the acknowledged alert",
    )
    _print(updated)
    page.check("Melvin Marxen" in message_text(updated), "the alert shows who acknowledged it")


def _medical_accounts(zoho_url: str) -> set[str]:
    """The names of the medical accounts, asked of the CRM itself."""
    token = requests.post(
        f"{zoho_url}/oauth/v2/token",
        data={
            "grant_type": "refresh_token",
            "client_id": "1000.SANDBOXCLIENT",
            "client_secret": "sandbox-secret",
            "refresh_token": "1000.sandbox.refresh",
        },
        timeout=10,
    ).json()["access_token"]
    answer = requests.get(
        f"{zoho_url}/crm/v8/Accounts",
        params={"fields": "Account_Name,Industry", "per_page": "200"},
        headers={"Authorization": f"Zoho-oauthtoken {token}"},
        timeout=10,
    ).json()
    return {one["Account_Name"] for one in answer["data"] if one["Industry"] == "medical"}


def _tables(message: Message) -> Iterator[list[list[dict[str, Any]]]]:
    for block in message.get("blocks") or ():
        if block["type"] == "table":
            yield block["rows"]


def _rows(message: Message) -> set[str]:
    """The first column of the answer's table, without its header."""
    return {_cell_text(row[0]) for rows in _tables(message) for row in rows[1:]}


def _cell_text(cell: Any) -> str:
    if isinstance(cell, dict):
        return str(cell.get("text", "")) or "".join(_cell_text(one) for one in cell.get("elements", ()))
    return ""


def _accounts_named(message: Message, names: set[str]) -> set[str]:
    return _rows(message) & names


def _buttons(message: Message) -> list[dict[str, Any]]:
    return [
        {
            "text": element["text"]["text"],
            "click": {
                "action_id": element["action_id"],
                "block_id": block.get("block_id", ""),
                "value": element.get("value"),
            },
        }
        for block in message.get("blocks") or ()
        for element in [*block.get("elements", ()), block.get("accessory") or {}]
        if element.get("type") == "button" and "url" not in element
    ]


def _print(message: Message) -> None:
    print("\nBellwether")
    for line in message_text(message).splitlines():
        print(f"    {line}")
    sys.stdout.flush()
