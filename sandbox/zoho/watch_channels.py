"""Notification channels: who wants to hear of which module's changes, where, and until when."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.zoho.clock import SandboxClock, wire_time
from sandbox.zoho.shaping import shape
from sandbox.zoho.store import Record, Store
from sandbox.zoho.watch_sender import Callback, CallbackSender

WEEK_SECONDS = 7 * 24 * 3600  # the longest life that a channel can ask for
HOUR_SECONDS = 3600  # what it gets when it asks for more, or for nothing
EVENT_OF = {"insert": "create", "update": "edit", "delete": "delete"}
# What the system stamps itself was never seen among the affected fields.
STAMPS = frozenset({"Modified_Time", "Modified_By", "Last_Activity_Time"})


@dataclass(slots=True)
class Channel:
    """One channel. ``events`` maps a module to ``create``, ``edit``, ``delete``, ``all``."""

    id: str
    url: str
    events: dict[str, set[str]]
    token: str | None = None
    expires: int = 0
    with_values: bool = False
    on_related_action: bool = True
    condition: list[Any] | None = None

    def hears(self, module: str, operation: str) -> bool:
        """Whether a change of a module is told."""
        wanted = self.events.get(module, set())
        return "all" in wanted or EVENT_OF[operation] in wanted

    def wants_fields(self, module: str, operation: str, affected: Collection[str]) -> bool:
        """Whether the condition lets an update pass; other operations always do."""
        selections = [
            one["field_selection"]
            for one in self.condition or ()
            if one.get("module", {}).get("api_name") == module and "field_selection" in one
        ]
        return operation != "update" or all(_selected(one, affected) for one in selections)

    def event_names(self, module: str) -> list[str]:
        """``Deals.create`` and so on."""
        return [f"{module}.{event}" for event in sorted(self.events[module])]


def _selected(selection: Mapping[str, Any], affected: Collection[str]) -> bool:
    group = selection.get("group")
    if not isinstance(group, list):
        return selection.get("field", {}).get("api_name") in affected
    found = [_selected(one, affected) for one in group]
    return all(found) if str(selection.get("group_operator", "and")).lower() == "and" else any(found)


@dataclass
class ChannelBoard:
    """Every channel, and the sender of what they are told."""

    clock: SandboxClock
    base_url: str
    store: Store
    channels: dict[str, Channel] = field(default_factory=dict)
    sender: CallbackSender = field(default_factory=CallbackSender)

    def expiry_for(self, asked: int | None) -> int:
        """Until when a channel lives that asks for an instant: a week at most, else silently an hour."""
        now = self.clock.epoch()
        within = asked is not None and now < asked <= now + WEEK_SECONDS
        return asked if asked is not None and within else now + HOUR_SECONDS

    def live(self) -> Iterator[Channel]:
        """The channels that have not ended; those that have are forgotten."""
        now = self.clock.epoch()
        for channel in list(self.channels.values()):
            if channel.expires <= now:
                del self.channels[channel.id]
            else:
                yield channel

    def on_change(self, module: str, operation: str, record: Record, affected: set[str]) -> None:
        """Tell whoever wants to hear of it: a listener of the store."""
        if not self.channels:
            return
        names = tuple(sorted(affected - STAMPS))
        for channel in self.live():
            if channel.hears(module, operation) and channel.wants_fields(module, operation, names):
                self.sender.tell(self._callback(channel, module, operation, record, names))

    def _callback(
        self, channel: Channel, module: str, operation: str, record: Record, names: tuple[str, ...]
    ) -> Callback:
        values = None
        if channel.with_values:
            values = shape(self.store, self.store.tables[module].module, names)(record)
            values.pop("id", None)
        return Callback(
            url=channel.url,
            query=dict(parse_qsl(urlsplit(channel.url).query, keep_blank_values=True)),
            channel=channel.id,
            token=channel.token,
            module=module,
            resource_uri=self.resource_uri(module),
            operation=operation,
            record_id=str(record.id),
            affected=names if operation == "update" else (),
            values=values,
            server_time_ms=self.clock.epoch() * 1000,
        )

    def resource_uri(self, module: str) -> str:
        """As Zoho's samples show it: with the version of years ago."""
        return f"{self.base_url}/crm/v2/{module}"

    def event_json(self, channel: Channel, module: str) -> dict[str, Any]:
        """One entry of ``details.events``."""
        return {
            "channel_expiry": wire_time(channel.expires),
            "resource_uri": self.resource_uri(module),
            "resource_id": self.resource_id(module),
            "resource_name": module,
            "channel_id": channel.id,
        }

    def resource_id(self, module: str) -> str:
        """The id of a module; users have one as well."""
        return str(self.store.tables["Users" if module == "users" else module].module.id)
