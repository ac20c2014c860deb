"""Links to accounts of the CRM are unfurled where everybody who reads the channel may see account data.

That is where the configuration lets answers be public: nowhere else, and never in a channel that is shared
with another organisation; and only while every role sees every account (``access: scopes:``), because nobody
knows who all reads along, and a link that is unfurled for one is unfurled for all. Whoever posts the link has
to be somebody who may ask for the account. All else is silence: a refusal below a message would tell the
channel that there is something to be refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from slack_bolt import App, BoltContext
from slack_sdk import WebClient

from bot.app.access import everybody_sees_all
from bot.app.linked_accounts import LinkedAccounts
from bot.app.people import Person
from bot.slack.middleware import refusal
from bot.slack.surroundings import Safely, Surroundings
from bot.slack.views.blocks import Json
from bot.slack.views.limits import Surface, check
from bot.slack.views.text import unescape, web_address
from bot.slack.views.unfurl import account_unfurl

_log = structlog.get_logger(__name__)
MOST_LINKS: Final = 5  # of one message
COMPOSER: Final = "COMPOSER"  # where a link stands in a message that is still being written


@dataclass(frozen=True)
class UnfurlListeners:
    """The listener, with what it needs."""

    around: Surroundings
    linked: LinkedAccounts

    def on_links(self, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        """Unfurl what leads to accounts of this organisation."""
        event: Mapping[str, Any] = body["event"]
        if event.get("channel") == COMPOSER:  # nobody knows yet where it goes
            return
        person = self.around.services.people.person(context.user_id or "")
        if not self._may_be_seen(body, context, person):
            return
        found = dict(self._unfurled(event, person))
        if found:
            client.chat_unfurl(channel=str(event["channel"]), ts=str(event["message_ts"]), unfurls=found)
            _log.info("links.unfurled", count=len(found))

    def _may_be_seen(self, body: dict[str, Any], context: BoltContext, person: Person) -> bool:
        if refusal(person, self.around.place(body, context)) is not None or not context.channel_id:
            return False
        if not everybody_sees_all(self.around.configuration().access):
            return False
        # Looked up anew: the channel may have been opened to others since.
        facts = self.around.channels.facts_now(context.channel_id)
        return facts.known and not facts.shared and self.around.place(body, context).public

    def _unfurled(self, event: Mapping[str, Any], person: Person) -> Iterator[tuple[str, Json]]:
        for link in (event.get("links") or ())[:MOST_LINKS]:
            url = str(link.get("url") or "")
            address = web_address(unescape(url))
            account = self.linked.behind(address, person) if address else None
            if address is None or account is None:
                continue
            drawn = account_unfurl(account, address, self.around.marks())
            if problems := check({"text": "account", **drawn}, Surface.MESSAGE):
                _log.error("link.unsendable", problems=problems[:10])
            else:
                yield url, drawn


def register(app: App, around: Surroundings, safely: Safely) -> None:
    """Listen to links."""
    if around.services.linked is not None:
        app.event("link_shared")(safely(UnfurlListeners(around, around.services.linked).on_links))
