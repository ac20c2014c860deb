"""Deciding about the change feed: which channels to make, renew and drop, which modules they cover. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from connector.feed_ports import KeptChannel, LiveChannel
from connector.ports import ModuleDescription

# Zoho: a channel lives a week at most, by its own clock; one that asks for more gets an hour.
CHANNEL_LIFE = timedelta(days=7) - timedelta(minutes=10)
RENEW_WHEN_LEFT = timedelta(days=1)


# Modules whose changes Zoho tells of, besides custom ones (Zoho CRM: Notification APIs, Modules supported).
TOLD_OF = frozenset(
    {
        *("Leads", "Accounts", "Contacts", "Deals", "Campaigns", "Tasks", "Cases", "Events", "Calls"),
        *("Solutions", "Products", "Vendors", "Price_Books", "Quotes", "Sales_Orders", "Purchase_Orders"),
        *("Invoices", "Appointments", "Appointments__s", "Services", "Services__s"),
    }
)
TOLD_KINDS = frozenset({"default", "custom"})  # not rows of subforms, nor links


class Reason(StrEnum):
    """Why a module gets a new channel."""

    NEW = "it has none"
    UNREADABLE = "BELLWETHER_SECRET_KEY was changed, so its token cannot be read"
    MISSING = "Zoho does not have it any more"
    ADDRESS = "it has another address"
    TOKEN = "it has another token"  # noqa: S105 - a sentence
    EVENTS = "it does not tell of every kind of change"


@dataclass(frozen=True, slots=True)
class FeedPlan:
    """What is to be done so that every wanted module has one good channel.

    Attributes:
        make: modules that need a new channel, and why.
        renew: channels that end soon.
        drop: ids of channels to end at Zoho.
        forget: ids of channels that we need not know any more.
        ends: until when the channels live that stay, by id, as Zoho lists them.
    """

    make: Mapping[str, Reason]
    renew: tuple[KeptChannel, ...]
    drop: frozenset[str]
    forget: frozenset[str]
    ends: Mapping[str, datetime]

    @property
    def is_nothing(self) -> bool:
        """Whether all is well."""
        return not (self.make or self.renew or self.drop or self.forget)


def worth_a_channel(
    mapped: Sequence[str], also: Sequence[str], described: Sequence[ModuleDescription]
) -> tuple[str, ...]:
    """The modules to be told of: those with a role, and of the others those that Zoho tells of.

    Args:
        mapped: the modules with a role.
        also: modules that are kept without one.
        described: every module as far as the CRM was asked; of one that is not among them nobody knows, so
            it is tried.
    """
    known = {one.api_name: one for one in described}
    told = (one for one in also if one not in known or _is_told_of(known[one]))
    return tuple(dict.fromkeys((*mapped, *told)))


def _is_told_of(module: ModuleDescription) -> bool:
    if not module.readable or module.kind not in TOLD_KINDS:
        return False
    return module.kind == "custom" or module.api_name in TOLD_OF


def plan_channels(
    wanted: Collection[str],
    kept: Sequence[KeptChannel],
    live: Sequence[LiveChannel],
    url: str,
    now: datetime,
) -> FeedPlan:
    """Compare what is wanted, what we know and what Zoho lists.

    A channel that is wrong in any way is replaced by one with another id and token rather than mended. Other
    programs' channels are left alone: only those at our own address, or known to us, are dropped.
    """
    by_module = {one.module: one for one in kept}
    listed = {one.channel_id: one for one in live}
    make: dict[str, Reason] = {}
    stay: dict[str, KeptChannel] = {}
    for module in sorted(wanted):
        channel = by_module.get(module)
        reason = Reason.NEW if channel is None else _wrong(channel, listed.get(channel.channel_id), url)
        if channel is None or reason is not None:
            make[module] = reason or Reason.NEW
        else:
            stay[channel.channel_id] = channel
    ours = {one.channel_id for one in kept} | {one.channel_id for one in live if one.url == url}
    ends = {one: end for one in stay if (end := listed[one].expires_at or stay[one].expires_at) is not None}
    return FeedPlan(
        make,
        tuple(one for one in stay.values() if _ends_soon(ends.get(one.channel_id), now)),
        frozenset(ours & listed.keys() - stay.keys()),
        frozenset(one.channel_id for one in kept if one.module not in wanted),
        ends,
    )


def _wrong(channel: KeptChannel, listed: LiveChannel | None, url: str) -> Reason | None:
    if channel.token is None:
        return Reason.UNREADABLE
    if listed is None or listed.module != channel.module:
        return Reason.MISSING
    if channel.url != url or listed.url != url:
        return Reason.ADDRESS
    if listed.token not in (None, channel.token):
        return Reason.TOKEN
    return None if _tells_all(listed) else Reason.EVENTS


def _tells_all(listed: LiveChannel) -> bool:
    told = {event.rpartition(".")[2] for event in listed.events}
    return not told or "all" in told or {"create", "edit", "delete"} <= told


def _ends_soon(end: datetime | None, now: datetime) -> bool:
    return end is None or end - now <= RENEW_WHEN_LEFT


def is_alive(channel: KeptChannel, now: datetime) -> bool:
    """Whether Zoho confirmed the channel and it has not ended."""
    return channel.token is not None and channel.expires_at is not None and channel.expires_at > now


def is_covered(module: str, kept: Sequence[KeptChannel], now: datetime) -> bool:
    """Whether callbacks may stand in for polls of a module.

    Its channel must be alive; some callback must have reached us at the channel's address, whichever module
    it was about, because nobody else can tell that Zoho reaches us; and since a poll last found changes that
    no callback had told of, one must have come.
    """
    channel = next((one for one in kept if one.module == module), None)
    if channel is None or not is_alive(channel, now):
        return False
    reached = any(one.heard_at is not None for one in kept if one.url == channel.url)
    return reached and not is_doubted(channel)


def is_doubted(channel: KeptChannel) -> bool:
    """Whether changes were missed, and nothing was heard since."""
    if channel.missed_at is None:
        return False
    return channel.heard_at is None or channel.heard_at <= channel.missed_at


def has_missed(channel: KeptChannel, last_poll: datetime | None, changes: int) -> bool:
    """Whether a poll of a covered module shows that callbacks are lost.

    It found ``changes`` records changed, and nothing was heard since the poll before ended. Where only some
    are lost, the poll that looks after safety is enough.
    """
    silent = channel.heard_at is None or (last_poll is not None and channel.heard_at < last_poll)
    return changes > 0 and silent
