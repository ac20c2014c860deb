"""What an alert tells: values from which its message is drawn, now or again later, and its stored form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any

NOTICE_VERSION = 1


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did about an alert, or what became of it by itself.

    Attributes:
        kind: one of ``bot.app.acting``.
        by: who, as shown; empty for what happened by itself.
        to: the CRM user whom it is given to, by name.
        said: the subject, the note, the reason, or what happened meanwhile.
        due: of a task.
        state: ``done``; ``waiting`` for the CRM; ``refused`` by it.
        why: the reason of a refusal.
    """

    kind: str
    by: str
    at: datetime
    to: str = ""
    said: str = ""
    due: date | None = None
    state: str = "done"
    why: str = ""

    def as_payload(self) -> dict[str, Any]:
        """The stored form: JSON values only."""
        return _stored(asdict(self))


def deed_from(payload: Mapping[str, Any]) -> Deed:
    """Read a stored deed. Keys of a later version are ignored."""
    known = {one.name for one in fields(Deed)}
    values = {name: value for name, value in payload.items() if name in known}
    values["at"] = datetime.fromisoformat(values["at"])
    values["due"] = date.fromisoformat(values["due"]) if values.get("due") else None
    return Deed(**values)


def _stored(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class AlertNotice:
    """One label change that somebody must see.

    Attributes:
        reasons: the two or three facts that caused the change, in plain sentences.
        money_minor: what is at stake: the account's counted spend before the change.
        state: ``open``, ``acknowledged``, ``snoozed``, ``not at risk`` or ``reopened`` (as a newer alert).
        acted_by: who did it, as shown; with ``acted_at`` and, when snoozed, ``snoozed_until``.
        slack_channel: where its message stands, with ``slack_ts``; None while it is not posted.
        last_contact: the last thing that happened between the account and us, where one is known.
        note: what else the reader should know: what was held back, why it is told here.
        assignee: the CRM user whom it was given to, by name.
        deeds: what people did beside that, oldest first.
        earlier: why an earlier alert of the account was said to be none.
        mention: the handle of a user group that is told by being mentioned; ``mention_id`` Slack's id of it.
    """

    alert_id: int
    account_id: str
    account_name: str
    crm_url: str | None
    segmentation: str
    old_label: str | None
    new_label: str | None
    direction: str
    reasons: tuple[str, ...]
    money_minor: int
    currency: str
    owner_name: str | None
    last_purchase: date | None
    next_step: str
    changed_at: datetime
    state: str = "open"
    acted_by: str | None = None
    acted_at: datetime | None = None
    snoozed_until: datetime | None = None
    slack_channel: str | None = None
    slack_ts: str | None = None
    last_contact: date | None = None
    note: str | None = None
    mention: str | None = None
    mention_id: str | None = None
    assignee: str | None = None
    deeds: tuple[Deed, ...] = ()
    earlier: Deed | None = None

    def as_payload(self) -> dict[str, Any]:
        """The stored form: JSON values only."""
        deeds = [one.as_payload() for one in self.deeds]
        earlier = self.earlier.as_payload() if self.earlier else None
        return _stored(asdict(self)) | {"deeds": deeds, "earlier": earlier}


_INSTANTS = {"changed_at", "acted_at", "snoozed_until"}
_DAYS = {"last_purchase", "last_contact"}


def notice_from(payload: Mapping[str, Any]) -> AlertNotice:
    """Read a stored notice. Keys of a later version are ignored, so that a roll-back can still send."""
    known = {one.name for one in fields(AlertNotice)}
    values = {name: value for name, value in payload.items() if name in known}
    for name in _INSTANTS & values.keys():
        values[name] = datetime.fromisoformat(values[name]) if values[name] else None
    for name in _DAYS & values.keys():
        values[name] = date.fromisoformat(values[name]) if values[name] else None
    values["deeds"] = tuple(map(deed_from, values.get("deeds") or ()))
    values["earlier"] = deed_from(values["earlier"]) if values.get("earlier") else None
    values["reasons"] = tuple(values.get("reasons", ()))
    return AlertNotice(**values)
