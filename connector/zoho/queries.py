"""Reading by queries (COQL): ranges of ids, and changes in the order in which they were made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NoReturn

from connector.errors import (
    ConnectorError,
    Fatal,
    NeedsPerson,
    NotGranted,
    NotOffered,
    OutOfBudget,
    StartOver,
)
from connector.ports import Page, Selection
from connector.zoho import coql, groups
from connector.zoho import fields as values
from connector.zoho.bodies import Answer
from connector.zoho.canonical import Form
from connector.zoho.client import Take, ZohoClient
from connector.zoho.lists import LEADS, MakeReader, RecordLists
from connector.zoho.metadata import items
from connector.zoho.paging import VERSION, record_path
from connector.zoho.records import RecordReader

# Zoho's pages name 50, 200 and 500 columns; the smallest works everywhere.
COLUMNS_PER_QUERY = 50
COMPUTED_PER_QUERY = 5  # formula columns in one query (Zoho CRM, COQL limits)
FIRST_ROWS = 200  # one credit
BY_ID = ("id",)
BY_CHANGE = (coql.MODIFIED, "id")
SCOPE_MISSING = "OAUTH_SCOPE_MISMATCH"
PERMISSION_CODES = frozenset({SCOPE_MISSING, "NO_PERMISSION", "NOT_SUPPORTED", "NOT_ALLOWED"})


@dataclass(frozen=True, slots=True)
class _Range:
    """Records that a query asks for, in an order."""

    conditions: tuple[str, ...]
    order: tuple[str, ...] = BY_ID
    rows: int = coql.ROWS_PER_CALL

    def text(self, columns: Sequence[str], module: str) -> str:
        where = coql.all_of(*_every(module), *self.conditions)
        return coql.select(columns, module, where, order_by=self.order, limit=self.rows)


class Queries:
    """Queries of one CRM.

    A module's refusal for want of a scope is remembered: another scope takes another refresh token, and that
    takes another process.
    """

    def __init__(
        self,
        client: ZohoClient,
        reader: MakeReader,
        lists: RecordLists,
        columns: int = COLUMNS_PER_QUERY,
    ) -> None:
        self._client = client
        self._reader = reader
        self._lists = lists
        self._columns = columns
        self._not_granted: dict[str, NeedsPerson] = {}  # by module

    def count(self, module: str, since: datetime | None) -> int | None:
        """See ``CrmSource.count``."""
        changed = (coql.compare(coql.MODIFIED, ">=", since),) if since is not None else ()
        text = coql.count(module, coql.all_of(*_every(module), *changed))
        try:
            answer = self._ask(module, text, insist=False)
            found = items(answer, "data")
            return _whole(found[0].get(coql.COUNTED)) if found else 0
        except OutOfBudget:
            raise
        except ConnectorError:
            return None if since is not None else self._counted(module)

    def _counted(self, module: str) -> int | None:
        """As Zoho's statistics have it, which are some minutes old."""
        try:
            body = self._client.get(record_path(module, "actions", "count"), insist=False)
        except OutOfBudget:
            raise
        except ConnectorError:
            return None
        return _whole(body.get("count")) if isinstance(body, dict) else None

    def identifiers(self, module: str, after: str | None) -> Iterator[tuple[str, ...]]:
        """See ``CrmSource.identifiers``."""
        begun = False
        while True:
            wanted = _Range(_after_id(after))
            answer = self._offered(module, wanted.text(BY_ID, module), begun=begun)
            ids = tuple(str(one.get("id")) for one in items(answer, "data"))
            if ids:
                yield ids
            if not _goes_on(answer, ids[-1] if ids else None, after):
                return
            after, begun = ids[-1], True

    def queried(
        self, selection: Selection, after: str | None, until: str | None, since: datetime | None
    ) -> Iterator[Page]:
        """See ``CrmSource.queried``."""
        reader = self._reader(selection, Form.QUERY)
        fixed = (coql.compare("id", "<=", until),) if until is not None else ()
        changed = (coql.compare(coql.MODIFIED, ">=", since),) if since is not None else ()
        begun = False
        while True:
            wanted = _Range((*_after_id(after), *fixed, *changed))
            page = self._one(selection, reader, wanted, after, _by_id, begun=begun)
            last, more = page.after, page.after is not None
            yield page
            del page  # while the next one is fetched, this one is somebody else's
            if not more:
                return
            after, begun = last, True

    def queried_changes(self, selection: Selection, since: datetime, after: str | None) -> Iterator[Page]:
        """See ``CrmSource.queried_changes``. A place is written as ``instant|id``."""
        if groups.MODIFIED not in selection.names:
            raise NotOffered(f"{selection.module} does not say when a record was changed.")
        reader = self._reader(selection, Form.QUERY)
        rows_wanted, begun = FIRST_ROWS if after is None else coql.ROWS_PER_CALL, False
        while True:
            start = coql.behind(*_place(after)) if after else coql.compare(coql.MODIFIED, ">=", since)
            wanted = _Range((start,), BY_CHANGE, rows_wanted)
            page = self._one(selection, reader, wanted, after, _by_change, begun=begun)
            last, more = page.after, page.after is not None
            yield page
            del page
            if not more:
                return
            after, rows_wanted, begun = last, coql.ROWS_PER_CALL, True

    def _one(
        self,
        selection: Selection,
        reader: RecordReader,
        wanted: _Range,
        before: str | None,
        place: Callable[[dict[str, Any]], tuple[str | None, tuple[str, ...]]],
        *,
        begun: bool,
    ) -> Page:
        """One page. Its answer, which as objects is several times larger, is forgotten with this call.

        ``place`` gives where the last row is, as it is written, and the conditions that end there.
        """
        first, *rest = self._groups(selection)
        pages: list[Page] = []
        troubles: list[ConnectorError] = []

        def take(answer: Answer) -> None:
            try:
                pages.append(made(answer))
            except ConnectorError as error:  # no refusal of the query
                troubles.append(error)

        def made(answer: Answer) -> Page:
            rows = items(answer, "data", reader.numeric)
            last, end = place(rows[-1]) if rows else (None, ())
            after = last if _goes_on(answer, last, before) else None
            return self._page(selection, reader, answer, rows, wanted, end, after, begun=begun)

        text = wanted.text(first, selection.module)
        answer = self._offered(selection.module, text, begun=begun, take=None if rest else take)
        if troubles:
            raise troubles[-1]
        # Further groups are asked for while the first one is held: others must not wait for that.
        # Taken out of the list: the call, of which that is a part, may live until garbage is collected.
        return pages.pop() if pages else made(answer)

    def _groups(self, selection: Selection) -> list[tuple[str, ...]]:
        return groups.field_groups(selection, self._columns, COMPUTED_PER_QUERY)

    def _page(
        self,
        selection: Selection,
        reader: RecordReader,
        answer: Answer,
        rows: groups.Rows,
        wanted: _Range,
        end: tuple[str, ...],
        after: str | None,
        *,
        begun: bool,
    ) -> Page:
        """A page of which the first group of fields came; the other groups are asked for here."""
        _, *rest = self._groups(selection)
        torn: list[str] = []
        if rest and rows:
            order = {str(one.get("id")): place for place, one in enumerate(rows)}
            again = replace(wanted, conditions=(*wanted.conditions, *end))
            texts = (again.text(names, selection.module) for names in rest)
            answers = (self._offered(selection.module, text, begun=begun) for text in texts)
            more = (items(one, "data", reader.numeric) for one in answers)
            whole, torn = groups.merged(rows, more)
            rows = groups.in_order(whole, order)
        records, unreadable = reader.objects(rows)
        if torn:
            mended = self._lists.records(selection, torn)
            records, unreadable = (*records, *mended.records), unreadable + mended.unreadable
        return Page(records, unreadable, after, answer.at)

    def _offered(self, module: str, text: str, *, begun: bool, take: Take | None = None) -> Answer:
        """The answer of a query; what Zoho does not offer is said as the port wants it."""
        try:
            return self._ask(module, text, take=take)
        except (Fatal, NeedsPerson) as error:
            _not_offered(error, module, begun=begun)

    def _ask(self, module: str, text: str, *, insist: bool = True, take: Take | None = None) -> Answer:
        refused = self._not_granted.get(module)
        if refused is not None:
            raise _again(refused)
        try:
            body = {"select_query": text}
            return self._client.query(f"{VERSION}/coql", body, insist=insist, take=take)
        except NeedsPerson as error:
            if error.code == SCOPE_MISSING:
                self._not_granted[module] = _again(error)
            raise


def _again(error: NeedsPerson) -> NeedsPerson:
    """The same error, without the traceback of before."""
    copied = NeedsPerson(error.what_happened, error.what_to_do)
    copied.code = error.code
    return copied


def _not_offered(error: ConnectorError, module: str, *, begun: bool) -> NoReturn:
    is_about_us = isinstance(error, NeedsPerson) and error.code not in PERMISSION_CODES
    if is_about_us or not error.code:
        raise error
    said = f"Zoho does not answer queries of {module}: {error.what_happened}"
    kind = NotGranted if error.code == SCOPE_MISSING else NotOffered
    refused = (StartOver if begun else kind)(said, error.what_to_do)
    refused.code = error.code
    raise refused from None


def _every(module: str) -> tuple[str, ...]:
    """Converted leads are found only by a query that asks about the conversion."""
    if module != LEADS:
        return ()
    return (coql.known("Converted__s"),)


def _after_id(after: str | None) -> tuple[str, ...]:
    return (coql.compare("id", ">", after),) if after else ()


def _goes_on(answer: Answer, last: str | None, before: str | None) -> bool:
    """Whether there is more behind the last row.

    Raises:
        Fatal: Zoho says so, and does not get any further.
    """
    if not answer.info.get("more_records"):
        return False
    if last is None or last == before:
        raise Fatal("Zoho's query does not go on: it says that there is more, and gives nothing new.")
    return True


def _by_id(row: dict[str, Any]) -> tuple[str | None, tuple[str, ...]]:
    last = values.text(row.get("id"))
    return last, (coql.compare("id", "<=", last),) if last is not None else ()


def _by_change(row: dict[str, Any]) -> tuple[str | None, tuple[str, ...]]:
    last = _written_place(row)
    return last, (coql.up_to(*_place(last)),)


def _place(written: str) -> tuple[datetime, str]:
    moment, _, identity = written.partition("|")
    try:
        return datetime.fromisoformat(moment).astimezone(UTC), values.identifier(identity)
    except ValueError:
        raise StartOver("The place in the list of changes cannot be read.") from None


def _written_place(row: dict[str, Any]) -> str:
    try:
        moment = values.instant(row.get(coql.MODIFIED))
        identity = values.record_id(row)
    except (ValueError, TypeError, OverflowError):
        moment = None
    if moment is None:
        raise Fatal("Zoho answered with a changed record that does not say when it was changed.")
    return f"{moment.isoformat()}|{identity}"


def _whole(found: Any) -> int | None:
    return found if isinstance(found, int) and not isinstance(found, bool) else None
