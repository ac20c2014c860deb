"""Alerts are drawn as they stand, and drawn again wherever they stand when something was done about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Protocol

import structlog

from bot.app.errors import SendNever
from bot.app.ports import Chat, OutboxMessage, Posted

HISTORY: Final = "alert_history"

log = structlog.get_logger(__name__)


class AlertStanding(Protocol):
    """What messages of alerts say at the time when they are drawn."""

    def as_now(self, alert_id: int) -> Mapping[str, Any]:
        """The values that change with what people do; empty when there is no such alert."""
        ...

    def drawn_at(self, alert_id: int, place: Posted) -> Mapping[str, Any] | None:
        """All values of the alert's message at a place; None when none stands there."""
        ...


class StandingChat:
    """The port ``Chat`` in front of another one."""

    def __init__(self, chat: Chat, alerts: AlertStanding) -> None:
        self._chat = chat
        self._alerts = alerts

    def post(self, message: OutboxMessage) -> Posted:
        """Post a message: an alert as it stands now; a line of its history after drawing the alert again.

        Errors are those of ``Chat.post``. The drawing comes first: it may be repeated, and the post not.
        """
        if message.kind == "alert":
            now = self._alerts.as_now(int(message.payload["alert_id"]))
            message = replace(message, payload={**message.payload, **now})
        if message.kind == HISTORY:
            self._draw_again(message.payload)
        return self._chat.post(message)

    def find_posted(self, message: OutboxMessage) -> Posted | None:
        """As of ``Chat``."""
        return self._chat.find_posted(message)

    def edit(self, posted: Posted, kind: str, payload: Mapping[str, Any]) -> None:
        """As of ``Chat``."""
        self._chat.edit(posted, kind, payload)

    def _draw_again(self, payload: Mapping[str, Any]) -> None:
        place = Posted(**payload["place"])
        drawn = self._alerts.drawn_at(int(payload["alert_id"]), place)
        if drawn is None:
            return
        try:
            self._chat.edit(place, "alert", drawn)
        except SendNever as error:  # somebody has removed the message; its thread may be there still
            log.warning("alert_not_drawn_again", alert=payload["alert_id"], reason=str(error))
