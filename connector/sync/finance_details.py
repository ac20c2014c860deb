"""What only single contacts and documents say: CRM ids, rates and lines, within the day's allowance."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import orjson

from connector.errors import NotOffered, Skippable
from connector.finance_lists import CONTACT, LISTS, FinanceList
from connector.finance_ports import ContactDetail, DocumentDetail, FinanceCopy, FinanceReader, SourceCursor
from connector.ports import Clock
from connector.sync import finance_decide as decide
from connector.sync.finance_decide import FinancePolicy
from connector.sync.finance_report import ListTally

MOST_FRUITLESS = 2_000
ACCOUNTS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Allowance:
    """What was spent of one day, and where asking account by account stands.

    Attributes:
        day: the organisation's date.
        used: calls of that day.
        after: the last CRM account that was asked for; None when no round is under way.
        fruitless: documents ("kind id") whose single answer has nothing to add.
    """

    day: str = ""
    used: int = 0
    after: str | None = None
    fruitless: tuple[str, ...] = ()

    def on(self, day: str) -> Allowance:
        """The same on a day."""
        return self if self.day == day else replace(self, day=day, used=0)


def allowance(text: str | None) -> Allowance:
    """Read what was stored; what cannot be read is forgotten."""
    try:
        found = orjson.loads(text) if text else {}
        return Allowance(found["day"], found["used"], found["after"], tuple(found["fruitless"]))
    except (ValueError, TypeError, KeyError):
        return Allowance()


class DetailSync:
    """Single contacts first, because documents' accounts hang on them; then documents, the latest first."""

    def __init__(
        self, copy: FinanceCopy, reader: FinanceReader, clock: Clock, policy: FinancePolicy, time_zone: str
    ) -> None:
        self._copy = copy
        self._reader = reader
        self._clock = clock
        self._policy = policy
        self._lists = LISTS[reader.product]
        self._cursor = copy.cursor(f"{reader.product}.details") or SourceCursor(f"{reader.product}.details")
        today = clock.now().astimezone(ZoneInfo(time_zone)).date().isoformat()
        self._spent = allowance(self._cursor.position).on(today)
        self.tally = ListTally("details")

    def contacts(self) -> None:
        """CRM ids of contacts: one call for each contact or for each CRM account, whichever are fewer."""
        before = self._reader.calls
        try:
            self._contacts()
        finally:
            self.tally.calls += self._reader.calls - before

    def documents(self) -> None:
        """Lines, and amounts that need a rate."""
        before = self._reader.calls
        try:
            self._documents()
        finally:
            self.tally.calls += self._reader.calls - before

    @property
    def _left(self) -> int:
        return max(0, self._policy.details_a_day - self._spent.used)

    def _contacts(self) -> None:
        of = next(one for one in self._lists if one.kind == CONTACT)
        accounts = self._copy.crm_account_count()
        unasked = len(self._copy.unasked_contacts(accounts + 2))
        if decide.links_by_account(unasked, accounts) and accounts and not self._came_round():
            try:
                self._account_by_account(of)
            except NotOffered as refusal:
                self.tally.note(f"{refusal.what_happened}; contacts are asked one by one")
            else:
                return
        self._one_by_one(of)

    def _came_round(self) -> bool:
        """Whether every account was asked for, so that only contacts without one are left."""
        return self._spent.after is not None and not self._copy.crm_accounts(self._spent.after, 1)

    def _account_by_account(self, of: FinanceList) -> None:
        self.tally.plans.append("contacts by CRM account")
        while self._left and (
            ids := self._copy.crm_accounts(self._spent.after, min(ACCOUNTS_AT_ONCE, self._left))
        ):
            for account_id in ids:
                found = self._reader.contacts_of(of, account_id)
                self.tally.read += 1
                self._spend(after=account_id)
                with self._copy.writing() as writer:
                    for identifier in found:
                        writer.save_contact_detail(ContactDetail(identifier, account_id, None))
                    writer.save_cursor(self._stored())

    def _one_by_one(self, of: FinanceList) -> None:
        ids = self._copy.unasked_contacts(self._left)
        if ids:
            self.tally.plans.append("contacts one by one")
        for identifier in ids:
            detail = self._reader.contact(of, identifier)
            self.tally.read += 1
            self._spend()
            with self._copy.writing() as writer:
                # One that is gone is asked no more; the next walk removes it.
                writer.save_contact_detail(detail or ContactDetail(identifier, None, None))
                writer.save_cursor(self._stored())
        if self._policy.details_a_day and not self._left and self._copy.unasked_contacts(1):
            self.tally.note("the day's allowance is used up before all contacts were asked for their CRM ids")

    def _documents(self) -> None:
        lists = {one.kind: one for one in self._lists if one.has_lines}
        fruitless = set(self._spent.fruitless)
        limit = self._left + len(fruitless) if self._left else 0
        wanting = self._copy.undetailed(tuple(lists), limit, lines=self._policy.lines)
        todo = [one for one in wanting if " ".join(one) not in fruitless][: self._left]
        if todo:
            self.tally.plans.append("documents one by one")
        for kind, identifier in todo:
            self._document(lists[kind], identifier)
        if todo and not self._left:
            self.tally.note("the day's allowance for single documents is used up; it goes on tomorrow")

    def _document(self, of: FinanceList, identifier: str) -> None:
        at = self._clock.now()
        detail = None
        try:
            detail = self._reader.document(of, identifier)
            gone = detail is None
        except Skippable as error:
            gone = False
            self.tally.note(f"{of.kind} {identifier}: {error.what_happened}")
        self.tally.read += 1
        adds = detail is not None and (bool(detail.lines) or not self._policy.lines)
        key = (
            ()
            if gone or (adds and detail and detail.total_minor is not None)
            else (f"{of.kind} {identifier}",)
        )
        self._spend(fruitless=key)
        self._save(of, identifier, detail, at, gone=gone)

    def _save(
        self, of: FinanceList, identifier: str, detail: DocumentDetail | None, at: datetime, *, gone: bool
    ) -> None:
        with self._copy.writing() as writer:
            if detail is not None:
                writer.save_document_detail(detail, at)
            if gone:
                held = writer.held(of.kind, [identifier])
                changes = decide.page_changes((), [identifier], held)
                writer.apply(of.kind, changes, at)
                self.tally.add(changes)
            writer.save_cursor(self._stored())

    def _spend(self, after: str | None = None, fruitless: tuple[str, ...] = ()) -> None:
        self._spent = replace(
            self._spent,
            used=self._spent.used + 1,
            after=after or self._spent.after,
            fruitless=(*self._spent.fruitless, *fruitless)[-MOST_FRUITLESS:],
        )

    def _stored(self) -> SourceCursor:
        self._cursor = replace(
            self._cursor, position=orjson.dumps(self._spent).decode(), completed_at=self._clock.now()
        )
        return self._cursor
