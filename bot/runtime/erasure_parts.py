"""The part of the wiring that forgets: those who are gone, and what has been kept long enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import structlog

from bot.app.erasing import EDIT_KIND, EVERY_SECONDS, KIND, Erasing
from bot.app.errors import SendError, SendNever
from bot.app.ports import Chat, Job
from bot.app.schedule import Every, Tick
from bot.store.erasing import SqlErasures
from bot.store.retention import EVERY_SECONDS as RETENTION_SECONDS
from bot.store.retention import KIND as RETENTION
from bot.store.retention import SqlRetention
from connector.errors import Retriable

if TYPE_CHECKING:
    from bot.runtime.wiring import Bellwether

log = structlog.get_logger(__name__)
Handler = Callable[[Job], Mapping[str, Any]]


def erasure_rhythm() -> tuple[Tick, ...]:
    """How often who is gone, and what is old, is looked for."""
    return Every(KIND, EVERY_SECONDS), Every(RETENTION, RETENTION_SECONDS)


@dataclass
class ErasureParts:
    """Each part is built when it is first asked for."""

    of: Bellwether

    @cached_property
    def erasing(self) -> Erasing:
        """The use case."""
        of = self.of
        files = of.export_parts.retention
        return Erasing(SqlErasures(of.database, of.clock), files, of.audit, of.incidents)

    def handlers(self) -> dict[str, Handler]:
        """What does the jobs."""
        of = self.of
        retention = SqlRetention(of.database, of.clock, lambda: of.configuration().retention)
        return {
            KIND: lambda _job: self.erasing.do(),
            EDIT_KIND: lambda job: edit_posted(self.erasing.erasures, of.gateway, int(job.args["message"])),
            RETENTION: lambda _job: retention.tidy(),
        }


def edit_posted(erasures: Any, chat: Chat, message_id: int) -> Mapping[str, Any]:
    """Draw a message again where it stands in Slack, from what it may still say.

    Raises:
        Retriable: it is not sent yet, or Slack does not take it now.
    """
    posted, kind, payload, waits = erasures.message(message_id)
    if waits:
        raise Retriable("The message is still being sent.", after_seconds=30)
    if posted is None:
        return {"edited": False}
    try:
        chat.edit(posted, kind, payload)
    except SendNever as error:  # somebody has removed it, or the bot is not there any more
        log.warning("erased_message_not_edited", id=message_id, reason=str(error))
        return {"edited": False, "reason": error.what_happened}
    except SendError as error:
        raise Retriable(error.what_happened) from error
    return {"edited": True}
