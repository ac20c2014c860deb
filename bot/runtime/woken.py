"""Drawing again the alerts whose rest is over."""

from __future__ import annotations

import structlog

from bot.app.errors import SendError
from bot.app.ports import AlertRecords, Chat

log = structlog.get_logger(__name__)


def draw_woken(alerts: AlertRecords, chat: Chat) -> None:
    """Wake alerts whose rest is over; one that Slack does not take now is drawn when somebody acts on it."""
    for notice, posted in alerts.wake():
        try:
            chat.edit(posted, "alert", notice.as_payload())
        except SendError as error:
            log.warning("woken_alert_not_drawn", alert=notice.alert_id, reason=str(error))
