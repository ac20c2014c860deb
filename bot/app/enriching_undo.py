"""What enrichment wrote, to look at and to take back: only where a field still holds what we wrote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from bot.app.enriching import ACTION, TRIES, CrmSide
from bot.app.enriching_fit import same
from bot.app.enriching_judged import MODIFIED, unmodified_since
from bot.app.enriching_ports import Batches, Writes
from bot.app.enriching_values import (
    MAY_ENRICH_MANY,
    MAY_ENRICH_ONE,
    OURS,
    FieldWrite,
    Undone,
    WriteState,
    key_of,
)
from bot.app.errors import BellwetherError, UserError
from bot.app.people import Person
from bot.app.ports import Audit, Clock
from bot.app.scope import seen_by
from connector.errors import Conflict, ConnectorError, Retriable
from connector.write_ports import Change, Outcome

RECORDS_AT_ONCE: Final = 100  # Zoho CRM, records of one update
MOST_SHOWN: Final = 200
_CHANGED_SINCE: Final = "It says something else by now."
_BUSY: Final = "Others were changing the account while it was taken back; try again."


@dataclass(frozen=True)
class EnrichingHistory:
    """The use case."""

    crm: CrmSide
    writes: Writes
    batches: Batches
    audit: Audit
    clock: Clock

    def of(self, proposal_id: str, person: Person) -> tuple[FieldWrite, ...]:
        """The values of a proposal or a batch.

        Raises:
            UserError: the person may not see them, or there are none.
        """
        found = self._seen(self.writes.of(proposal_id), person)
        if not found or not self._may(proposal_id, found, person):
            raise UserError(f"Nothing of yours was enriched under {proposal_id}.", _LIST)
        return found

    def recent(self, person: Person, account: str | None = None) -> tuple[FieldWrite, ...]:
        """The latest values of one account, by id or name, or of all, the newest first.

        Administrators see those of single proposals and of batches, the latest of each; others their own.

        Raises:
            UserError: the person may not see them, or there is no such account.
        """
        if not person.may(MAY_ENRICH_ONE):
            raise UserError(person.refusal or "You may not see what was enriched.")
        with seen_by(person.scope):
            account_id = None if account is None else self.crm.accounts.company(account).account_id
            if not person.may(MAY_ENRICH_MANY):
                return self.writes.recent(MOST_SHOWN, account_id=account_id, by=key_of(person))
            single = self.writes.recent(MOST_SHOWN, account_id=account_id)
            batches = self.writes.recent(MOST_SHOWN, account_id=account_id, of_batches=True)
        return tuple(sorted((*single, *batches), key=lambda one: one.at, reverse=True))

    def undo(self, proposal_id: str, person: Person, place: str) -> Undone:
        """Write the earlier values back, of a proposal or of a whole batch; twice does no more than once.

        Raises:
            UserError: the person may not, or nothing was written under this id.
            ConnectorError: the CRM does not answer; what was taken back is noted.
        """
        ours = [one for one in self.of(proposal_id, person) if one.state in OURS]
        counts: Counter[str] = Counter()
        accounts = list(dict.fromkeys(one.account_id for one in ours))
        try:
            for start in range(0, len(accounts), RECORDS_AT_ONCE):
                some = frozenset(accounts[start : start + RECORDS_AT_ONCE])
                counts += self._undo_some([one for one in ours if one.account_id in some], person)
        finally:
            done = Undone(proposal_id, counts["undone"], counts["kept"], counts["refused"])
            said = f"undone {done.undone}, kept {done.kept}, refused {done.refused}"
            self.audit.record(key_of(person), f"undo {ACTION}", proposal_id, said, place)
        return done

    def _undo_some(self, writes: Sequence[FieldWrite], person: Person) -> Counter[str]:
        counts: Counter[str] = Counter()
        left: Sequence[FieldWrite] = writes
        for _ in range(TRIES):
            some, left = self._attempt(left, person)
            counts += some
            if not left:
                return counts
        accounts = dict.fromkeys(one.account_id for one in left)
        if len(accounts) == 1:
            self.writes.move(left, OURS, {"state": WriteState.WRITTEN, "reason": _BUSY})
            return counts + Counter({"refused": len(left)})
        for account in accounts:  # one that others keep changing must not keep the others out
            counts += self._undo_some([one for one in left if one.account_id == account], person)
        return counts

    def _attempt(
        self, writes: Sequence[FieldWrite], person: Person
    ) -> tuple[Counter[str], Sequence[FieldWrite]]:
        """Look, and take back what is still ours; what was changed behind the look is left over."""
        ids = list(dict.fromkeys(one.account_id for one in writes))
        names = list(dict.fromkeys(one.crm_field for one in writes))
        records = self.crm.records().said(self.crm.module, ids, [*names, MODIFIED])
        ours, before, others = [], [], []
        for one in writes:
            now = records.get(one.account_id, {}).get(one.crm_field)
            if one.account_id in records and same(now, one.new):
                ours.append(one)
            elif one.state is WriteState.UNDOING and same(now, one.old):
                before.append(one)  # an earlier attempt did it
            else:
                others.append(one)
        self.writes.move(others, OURS, {"state": WriteState.WRITTEN, "reason": _CHANGED_SINCE})
        counts = Counter({"undone": self._over(before, person), "kept": len(others)})
        taken = self.writes.move(ours, OURS, {"state": WriteState.UNDOING})
        if not taken:
            return counts, ()
        outcomes = self._write(taken, person, unmodified_since(records[one] for one in ids if one in records))
        done, left = self._settled(taken, outcomes, person)
        return counts + done, left

    def _write(
        self, taken: Sequence[FieldWrite], person: Person, since: datetime | None
    ) -> tuple[Outcome, ...]:
        """Write earlier values; no outcome when somebody has changed one of the records since our look.

        Raises:
            ConnectorError, BellwetherError: nothing was written, and the values are ours as before; or it is
                not known (Retriable), and they stay half undone, until another try looks at them.
        """
        changes = [Change(account, old) for account, old in _earlier(taken).items()]
        module = self.crm.module
        try:
            return self.crm.write_as(
                key_of(person),
                lambda records: records.update(module, changes, unmodified_since=since),
            )
        except Conflict:
            return ()
        except (ConnectorError, BellwetherError) as error:
            if not isinstance(error, Retriable):
                reason = f"It was not taken back: {error.what_happened}"
                self.writes.move(taken, OURS, {"state": WriteState.WRITTEN, "reason": reason})
            raise

    def _settled(
        self, taken: Sequence[FieldWrite], outcomes: Sequence[Outcome], person: Person
    ) -> tuple[Counter[str], Sequence[FieldWrite]]:
        ended = {one.id: one for one in outcomes if not one.changed_since}
        done = [one for one in taken if one.account_id in ended and ended[one.account_id].done]
        refused = [one for one in taken if one.account_id in ended and not ended[one.account_id].done]
        for account in dict.fromkeys(one.account_id for one in refused):
            said = f"{ended[account].code} {ended[account].message}".strip()
            reason = f"The CRM did not take it back: {said}"
            some = [one for one in refused if one.account_id == account]
            self.writes.move(some, OURS, {"state": WriteState.WRITTEN, "reason": reason})
        self.crm.accounts.note_written(_earlier(done))
        left = [replace(one, state=WriteState.UNDOING) for one in taken if one.account_id not in ended]
        return Counter({"undone": self._over(done, person), "refused": len(refused)}), left

    def _over(self, writes: Sequence[FieldWrite], person: Person) -> int:
        now = {"state": WriteState.UNDONE, "undone_by": key_of(person), "undone_at": self.clock.now()}
        return len(self.writes.move(writes, OURS, {**now, "reason": None}))

    def _seen(self, found: Sequence[FieldWrite], person: Person) -> tuple[FieldWrite, ...]:
        """Of accounts that the person sees now; of those that are gone for whoever sees every account."""
        if person.scope.everything:
            return tuple(found)
        with seen_by(person.scope):
            seen = self.crm.accounts.seen({one.account_id for one in found})
        return tuple(one for one in found if one.account_id in seen)

    def _may(self, of: str, found: Sequence[FieldWrite], person: Person) -> bool:
        """Administrators see everything; others what they have consented to themselves, batches excepted."""
        if person.may(MAY_ENRICH_MANY):
            return True
        mine = person.may(MAY_ENRICH_ONE) and all(one.by == key_of(person) for one in found)
        return mine and self.batches.find(of) is None


def _earlier(writes: Sequence[FieldWrite]) -> dict[str, dict[str, Any]]:
    """What stood in the fields before, by account."""
    values: dict[str, dict[str, Any]] = {}
    for one in writes:
        values.setdefault(one.account_id, {})[one.crm_field] = one.old
    return values


_LIST: Final = "`bellwether enrich history` lists what was."
