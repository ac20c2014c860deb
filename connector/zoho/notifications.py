"""Notification channels: asking Zoho to call us when records change. What to ask for is decided elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from connector.errors import Fatal
from connector.feed_ports import ChannelOrder, ChannelOutcome, LiveChannel

PATH = "/crm/v8/actions/watch"
MOST_CHANNELS = 50  # in one call (Zoho: Notification APIs)
MOST_PAGES = 100
PER_PAGE = 200
ENDED = frozenset({"SUCCESS", "NOT_SUBSCRIBED"})
LONGEST_QUOTE = 200
Item = Mapping[str, Any]
T = TypeVar("T")


class Caller(Protocol):
    """As much of ``ZohoClient`` as is needed here."""

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """Read."""
        ...

    def post(self, path: str, body: object, *, repeatable: bool = False) -> Any:
        """Create."""
        ...

    def delete(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """Delete."""
        ...


class ChannelClient:
    """The port ``ChannelDesk`` on Zoho CRM. A call costs one credit, for fifty channels as for one."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def create(self, orders: Sequence[ChannelOrder]) -> tuple[ChannelOutcome, ...]:
        """Make channels, or let existing ones live longer: Zoho takes the same call for both.

        An item that Zoho refuses (a module without notifications) has its refusal; the others stand.

        Raises:
            ConnectorError: the call as a whole failed.
        """
        return tuple(outcome for some in _in_parts(orders) for outcome in self._create(some))

    def channels(self) -> tuple[LiveChannel, ...]:
        """Every channel that the credentials may see, other programs' too.

        Raises:
            ConnectorError: the call failed.
        """
        found: list[LiveChannel] = []
        for page in range(1, MOST_PAGES + 1):
            answer = self._client.get(PATH, {"page": page, "per_page": PER_PAGE})
            if answer is None:
                break
            found += filter(None, map(_live_channel, _items(answer)))
            info = answer.get("info")
            if not (isinstance(info, dict) and info.get("more_records") is True):
                break
        return tuple(found)

    def delete(self, channel_ids: Collection[str]) -> None:
        """End channels; those that do not exist are no error.

        Raises:
            ConnectorError: the call failed, or Zoho keeps a channel.
        """
        for some in _in_parts(sorted(channel_ids)):
            answer = self._client.delete(PATH, {"channel_ids": ",".join(some)})
            kept = [one for one in _items(answer) if one.get("code") not in ENDED]
            if kept:
                raise Fatal(f"Zoho does not end a notification channel: {_reason(kept[0])}.")

    def _create(self, orders: Sequence[ChannelOrder]) -> Iterator[ChannelOutcome]:
        body = {"watch": [_order_json(one) for one in orders]}
        items = _items(
            self._client.post(PATH, body, repeatable=True)
        )  # the same id twice is the same channel
        if len(items) != len(orders):
            raise Fatal(f"Zoho answered {len(items)} of {len(orders)} orders of notification channels.")
        for order, item in zip(orders, items, strict=True):
            yield _outcome(order, item)


def _in_parts(things: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(things), MOST_CHANNELS):
        yield things[start : start + MOST_CHANNELS]


def _order_json(order: ChannelOrder) -> dict[str, Any]:
    return {
        "channel_id": order.channel_id,
        "events": [f"{order.module}.all"],
        "notify_url": order.url,
        "token": order.token,
        "channel_expiry": order.expires_at.replace(microsecond=0).isoformat(),
        # Zoho's default is to tell a parent's channel of its children's changes too.
        "notify_on_related_action": False,
        "return_affected_field_values": False,  # a callback is a hint; records are read again
    }


def _items(answer: object) -> list[Item]:
    """The items of an answer.

    Raises:
        Fatal: the answer has another shape.
    """
    items = answer.get("watch") if isinstance(answer, dict) else None
    if not isinstance(items, list):
        raise Fatal("Zoho's answer about notification channels has no list of channels.")
    return [one for one in items if isinstance(one, dict)]


def _outcome(order: ChannelOrder, item: Item) -> ChannelOutcome:
    """What became of an order; the expiry is what Zoho says: perhaps an hour where a week was asked for."""
    if item.get("code") != "SUCCESS":
        return ChannelOutcome(order, refusal=_reason(item))
    details = item.get("details")
    events = details.get("events") if isinstance(details, dict) else None
    told = [one for one in events if isinstance(one, dict)] if isinstance(events, list) else []
    ends = [end for one in told if (end := _instant(one.get("channel_expiry"))) is not None]
    if not ends:
        return ChannelOutcome(order, refusal="Zoho did not say until when it lives")
    return ChannelOutcome(order, expires_at=min(ends))


def _live_channel(item: Item) -> LiveChannel | None:
    """A listed channel; None for what has no id or module (channels on users have none)."""
    identity, module = item.get("channel_id"), item.get("resource_name")
    if module is None or identity is None:
        return None
    events = item.get("events")
    token = item.get("token")
    return LiveChannel(
        str(identity),
        str(module),
        str(item.get("notify_url") or ""),
        str(token) if token is not None else None,
        _instant(item.get("channel_expiry")),
        frozenset(map(str, events)) if isinstance(events, list) else frozenset(),
    )


def _instant(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _reason(item: Item) -> str:
    """Zoho's code, its words, and the field that it names."""
    details = item.get("details")
    named = str(details.get("api_name", "")) if isinstance(details, dict) else ""
    parts = (str(item.get("code", "")), str(item.get("message", "")), named)
    text = ", ".join(part for part in parts if part)
    return "".join(sign if sign.isprintable() else " " for sign in text)[:LONGEST_QUOTE]
