"""Calls, meetings, tasks and notes of the CRM as events of engagement. Pure: raw records in, events out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from connector.suite_ports import LONGEST_TEXT, Direction, EngagementEvent, EventPage

Raw = Mapping[str, Any]
# The CRM's words for what became of a call (Calls.Call_Type).
_CALLS: Mapping[str, tuple[str, Direction]] = {
    "inbound": ("call_received", "in"),
    "outbound": ("call_made", "out"),
    "missed": ("call_missed", "in"),
}


def call_events(raw: Raw) -> Iterator[EngagementEvent]:
    """A call: made, received or missed. Scheduled ones have not happened yet."""
    at = _instant(raw.get("Call_Start_Time"))
    kind, direction = _CALLS.get(str(raw.get("Call_Type", "")).casefold(), ("call_made", "out"))
    if at is None or str(raw.get("Call_Status") or raw.get("Outgoing_Call_Status") or "") == "Scheduled":
        return
    unanswered = direction == "out" and str(raw.get("Call_Duration") or "") in ("00:00", "0")
    yield _event("crm.calls", raw, "call_unanswered" if unanswered else kind, at, direction)


def meeting_events(raw: Raw) -> Iterator[EngagementEvent]:
    """A meeting, at its end."""
    at = _instant(raw.get("End_DateTime")) or _instant(raw.get("Start_DateTime"))
    if at is not None:
        yield _event("crm.events", raw, "meeting_held", at, None)


def task_events(raw: Raw) -> Iterator[EngagementEvent]:
    """A task that was done."""
    at = _instant(raw.get("Closed_Time"))
    if at is not None and str(raw.get("Status")) == "Completed":
        yield _event("crm.tasks", raw, "task_done", at, "out")


def note_events(raw: Raw) -> Iterator[EngagementEvent]:
    """A note that somebody wrote."""
    at = _instant(raw.get("Created_Time"))
    if at is not None:
        yield _event("crm.notes", raw, "note_written", at, None)


READERS: Mapping[str, Callable[[Raw], Iterator[EngagementEvent]]] = {
    "Calls": call_events,
    "Events": meeting_events,
    "Tasks": task_events,
    "Notes": note_events,
}
_TEXTS = ("Note_Content", "Description", "Call_Result")


class Activities:
    """The port ``EventSource`` on what the copy holds of an activity module.

    Args:
        changed: the JSON texts of the module's records that changed since an instant, behind a place; page by
            page with the place behind it (None: the last page).
    """

    def __init__(
        self,
        module: str,
        changed: Callable[[datetime, str | None], Iterator[tuple[list[str], str | None]]],
    ) -> None:
        self._module = module
        self._changed = changed

    @property
    def name(self) -> str:
        """Of the source."""
        return f"crm.{self._module.casefold()}"

    def pages(self, since: datetime, after: str | None) -> Iterator[EventPage]:
        """What changed since an instant.

        Meetings that are to come are events too, with the instant at which they will have ended: nothing in
        the CRM changes when they do. Whoever counts events leaves out the future.
        """
        read = READERS[self._module]
        for texts, behind in self._changed(since, after):
            events = (event for text in texts for event in read(orjson.loads(text)))
            yield EventPage(tuple(events), behind)


def _event(source: str, raw: Raw, kind: str, at: datetime, direction: Direction | None) -> EngagementEvent:
    about, person = raw.get("What_Id"), raw.get("Who_Id")
    parent = raw.get("Parent_Id")
    module = str(raw.get("$se_module") or _module_of(parent) or "")
    words = [raw.get("Subject"), raw.get("Event_Title"), raw.get("Note_Title"), *map(raw.get, _TEXTS)]
    text = "\n".join(str(word) for word in words if word)[:LONGEST_TEXT]
    return EngagementEvent(
        source=source,
        raw_id=str(raw["id"]),
        event_type=kind,
        occurred_at=at,
        contact_id=_id(person) or (_id(parent) if module == "Contacts" else None),
        account_id=_id(about or parent) if module == "Accounts" else None,
        object_key=_id(about or parent) if module not in ("Accounts", "Contacts") else None,
        direction=direction,
        text=text or None,
    )


def _module_of(parent: object) -> str | None:
    module = parent.get("module") if isinstance(parent, dict) else None
    name = module.get("api_name") if isinstance(module, dict) else None
    return name if isinstance(name, str) else None


def _id(lookup: object) -> str | None:
    found = lookup.get("id") if isinstance(lookup, dict) else lookup
    return str(found) if isinstance(found, str | int) and str(found).isalnum() else None


def _instant(value: object) -> datetime | None:
    """An instant as the CRM writes it; what is none is none."""
    if not isinstance(value, str) or not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo is not None else None
