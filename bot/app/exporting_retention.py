"""What becomes of exports in time: files go after 14 days, or with their segment; lines after 90."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.app.erasing import Gone, Names
from bot.app.exporting import KIND, Exports, invalid, target_of
from bot.app.exporting_values import A_DAY, DRAFT_HOURS, HISTORY_DAYS, UNFINISHED, Export, Status

TIDY: Final = "export_tidy"  # the job
TIDY_SECONDS: Final = 3_600
_ALL: Final = tuple(Status)
_MAY_BE_WRITTEN: Final = (Status.DONE, *UNFINISHED, Status.DRAFT)


@dataclass(frozen=True)
class Retention:
    """Removes what is not kept any longer, and says so in the audit log."""

    exports: Exports

    def tidy(self) -> Mapping[str, int]:
        """Do it; how many of each were removed."""
        now = self.exports.clock.now()
        segments = self.exports.segments()
        held = self.exports.history.every(_ALL)
        done = {
            "invalid": sum(self._made_invalid(one) for one in held if not one.valid_for(segments)),
            "expired": sum(self._expired(one, now) for one in held if one.valid_for(segments)),
            "forgotten": self._forgotten(held, now),
        }
        known = frozenset(one.file_name for one in self.exports.history.every(_ALL) if one.file_name)
        # Younger ones may belong to an export that is being written.
        return done | {"left_over": self.exports.files.sweep(known, now - A_DAY)}

    def invalidate(self, gone: Sequence[Gone], names: Names) -> int:
        """Accounts and contacts are erased: remove each file that holds one of them; how many.

        One that is being written now may hold them, and so may one that asks for them by name. Contacts are
        in mailing lists alone, and there an account is known by its name.
        """
        reason = "It held somebody who was erased. Ask for it again."
        accounts = [one.id for one in gone if one.kind == "account"]
        count = 0
        for one in self.exports.history.every(_ALL):
            mailed = one.wish.mailing is not None
            ids, named = ([one.id for one in gone], names.names) if mailed else (accounts, ())
            finished = one.status is Status.DONE and one.file_name is not None
            held = finished and self.exports.files.holds(one.file_name or "", one.wish.format, ids, named)
            asked = names.named_in([one.question, one.criteria])
            if ids and (held or one.status is Status.RUNNING or (asked and one.status in _MAY_BE_WRITTEN)):
                count += self._closed(one, Status.INVALID, f"removed: {reason}", reason)
        return count

    def _made_invalid(self, export: Export) -> bool:
        if export.status not in (Status.DONE, *UNFINISHED, Status.DRAFT):
            return False
        reason = invalid(export).reason
        return self._closed(export, Status.INVALID, f"removed: {reason}", reason)

    def _expired(self, export: Export, now: datetime) -> bool:
        if export.status is not Status.DONE or export.file_name is None:
            return False
        if export.expires_at is not None and now < export.expires_at:
            return False
        return self._closed(export, Status.EXPIRED, "removed: its file was kept for 14 days", None)

    def _closed(self, export: Export, status: Status, said: str, reason: str | None) -> bool:
        """The bytes go first: what the history calls gone is gone."""
        if export.file_name is not None:
            self.exports.files.remove(export.file_name)
        changes = {"status": status, "reason": reason, "file_name": None, "link_key": None}
        closed = self.exports.history.change(export.public_id, (export.status,), changes)
        if closed:
            target = target_of(export)
            self.exports.audit.record("bellwether", KIND, target, f"{said}; {export.public_id}", "retention")
        return closed

    def _forgotten(self, held: list[Export], now: datetime) -> int:
        old = [
            one
            for one in held
            if one.created_at < now - (DRAFT_HOURS if one.status is Status.DRAFT else HISTORY_DAYS)
        ]
        for one in old:
            if one.file_name is not None:
                self.exports.files.remove(one.file_name)
        self.exports.history.forget([one.public_id for one in old])
        return len(old)
