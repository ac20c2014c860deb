"""Reading single rows of Finance again of which a webhook told: a hint is where to look, never what is so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

import orjson

from connector.errors import Skippable
from connector.finance_lists import CONTACT, LISTS, FinanceList
from connector.finance_ports import (
    FinanceCopy,
    FinanceOrganisation,
    FinanceReader,
    FinanceSingle,
    SourceCursor,
)
from connector.ports import Clock
from connector.sync import finance_decide as decide
from connector.sync.finance_decide import FinancePolicy
from connector.sync.finance_details import Allowance, allowance
from connector.sync.finance_report import ListReport, ListTally

CONTACTS = "contacts"  # as webhooks call them, whatever the product's list is named


class ReadAgain:
    """Single rows of one product, one call each, so many a day; what is more is left to the lists' walks."""

    def __init__(self, copy: FinanceCopy, reader: FinanceReader, clock: Clock, policy: FinancePolicy) -> None:
        self._copy = copy
        self._reader = reader
        self._clock = clock
        self._policy = policy
        self._source = f"{reader.product}.hints"

    def known(self, name: str, ids: Sequence[str]) -> frozenset[str]:
        """Those of these rows that the copy holds."""
        of = self._list(name)
        return frozenset(self._held(of, ids)) if of is not None else frozenset()

    def read(self, name: str, ids: Sequence[str]) -> ListReport:
        """Read rows of a list again; those that do not exist any more are taken out of the copy.

        A list that was never read to its end is left alone: its first walk will find them.

        Raises:
            ConnectorError: they could not be read; those before are kept.
        """
        tally = ListTally(name)
        of, organisation = self._list(name), self._copy.organisation()
        if of is None or organisation is None or not self._is_read(of, organisation):
            tally.plans.append("left alone: it has not been read yet")
            return tally.report()
        self._reader.use(organisation)
        today = self._clock.now().astimezone(ZoneInfo(organisation.time_zone)).date().isoformat()
        cursor = self._copy.cursor(self._source)
        spent = allowance(cursor.position if cursor is not None else None).on(today)
        todo = ids[: max(0, self._policy.hints_a_day - spent.used)]
        before, held = self._reader.calls, self._held(of, todo)
        for identifier in todo:
            spent = replace(spent, used=spent.used + 1)
            self._read(of, identifier, held.get(identifier), spent, tally)
        tally.plans.append(f"{len(todo)} rows read again")
        if len(todo) < len(ids):
            tally.note(
                f"{len(ids) - len(todo)} rows are left to the next walk: the day's allowance is used up"
            )
        tally.calls = self._reader.calls - before
        return tally.report()

    def _list(self, name: str) -> FinanceList | None:
        lists = LISTS[self._reader.product]
        return next(
            (one for one in lists if one.name == name or (name == CONTACTS and one.kind == CONTACT)), None
        )

    def _is_read(self, of: FinanceList, organisation: FinanceOrganisation) -> bool:
        cursor = self._copy.cursor(f"{self._reader.product}.{of.name}")
        is_ours = self._reader.wanted in (None, organisation.id)
        return is_ours and cursor is not None and cursor.whole_at is not None

    def _held(self, of: FinanceList, ids: Sequence[str]) -> dict[str, str]:
        with self._copy.writing() as writer:
            return {one: row.raw for one, row in writer.held(of.kind, ids).items()}

    def _read(
        self, of: FinanceList, identifier: str, raw: str | None, spent: Allowance, tally: ListTally
    ) -> None:
        try:
            found = self._reader.single(of, identifier, raw)
        except Skippable as error:
            tally.note(f"{of.kind} {identifier}: {error.what_happened}")
            return
        tally.read += 1
        self._write(of, identifier, found, spent, tally)

    def _write(
        self,
        of: FinanceList,
        identifier: str,
        found: FinanceSingle | None,
        spent: Allowance,
        tally: ListTally,
    ) -> None:
        """The row, what only a single one says, and the day's count, in one transaction."""
        at = self._clock.now()
        rows, gone = ((found.row,), ()) if found is not None else ((), (identifier,))
        with self._copy.writing() as writer:
            changes = decide.page_changes(rows, gone, writer.held(of.kind, [identifier]))
            writer.apply(of.kind, changes, at)
            if found is not None and found.document is not None:
                writer.save_document_detail(found.document, at)
            if found is not None and found.contact is not None:
                writer.save_contact_detail(found.contact)
            if of.kind == CONTACT:  # documents' accounts are found through their contacts
                writer.link(at)
            writer.save_cursor(SourceCursor(self._source, orjson.dumps(spent).decode(), completed_at=at))
        tally.add(changes)


def read_everywhere(products: Sequence[ReadAgain], name: str, ids: Sequence[str]) -> tuple[ListReport, ...]:
    """Read rows again in the products that hold them; one that none holds is looked for in all.

    A webhook does not say of which product it is.

    Raises:
        ConnectorError: they could not be read.
    """
    known = [one.known(name, ids) for one in products]
    anywhere = frozenset().union(*known)
    wanted = [[one for one in ids if one in held or one not in anywhere] for held in known]
    return tuple(one.read(name, some) for one, some in zip(products, wanted, strict=True) if some)
