"""Reading by record lists: pages of 200 that follow a token, and records by their ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from connector.errors import Fatal, NotOffered
from connector.ports import Page, Selection
from connector.zoho import groups
from connector.zoho.bodies import Answer
from connector.zoho.canonical import Form
from connector.zoho.client import ZohoClient
from connector.zoho.metadata import items
from connector.zoho.paging import FIELDS_PER_CALL, IDS_PER_CALL, PER_PAGE, TokenPosition, chunks, record_path
from connector.zoho.records import RecordReader

MakeReader: TypeAlias = Callable[[Selection, Form], RecordReader]
TOO_MANY = "PAGINATION_LIMIT_EXCEEDED"
LEADS = "Leads"
# A record that changes faster than we read it is left to the next reading, which finds it among the changes.
MOST_READINGS = 5


@dataclass(frozen=True, slots=True)
class Found:
    """Records as Zoho wrote them, the ids of those that changed at every reading, and Zoho's time."""

    rows: groups.Rows
    torn: list[str]
    at: datetime | None


class RecordLists:
    """Record lists of one CRM."""

    def __init__(self, client: ZohoClient, reader: MakeReader) -> None:
        self._client = client
        self._reader = reader

    def listed(self, selection: Selection, after: str | None) -> Iterator[Page]:
        """See ``CrmSource.listed``."""
        return self._pages(selection, ("id", "asc"), after, None)

    def listed_changes(self, selection: Selection, since: datetime) -> Iterator[Page]:
        """See ``CrmSource.listed_changes``.

        Latest first because a record that changes while the list is read then moves to where we have been:
        the others move towards us, and none is passed over.
        """
        return self._pages(selection, (groups.MODIFIED, "desc"), None, since)

    def records(self, selection: Selection, ids: Sequence[str]) -> Page:
        """See ``CrmSource.records``."""
        reader = self._reader(selection, Form.LIST)
        found = self.named(selection, reader, ids)
        records, unreadable = reader.objects(found.rows)
        return Page(records, unreadable + groups.restless(found.torn), None, found.at)

    def named(self, selection: Selection, reader: RecordReader, ids: Sequence[str]) -> Found:
        """The named records as Zoho wrote them; one that changed between two calls is read again."""
        rows: groups.Rows = []
        torn, at = list(ids), None
        for _ in range(MOST_READINGS):
            missing, torn = torn, []
            for some in chunks(missing, IDS_PER_CALL):
                found = self._once(selection, reader, some)
                rows += found.rows
                torn += found.torn
                at = at or found.at
            if not torn:
                break
        return Found(rows, torn, at)

    def _once(self, selection: Selection, reader: RecordReader, ids: Sequence[str]) -> Found:
        first, *rest = groups.field_groups(selection, FIELDS_PER_CALL)
        answer = self._ask(selection.module, first, ids)
        rows = items(answer, "data", reader.numeric)
        if not rest or not rows:
            return Found(rows, [], answer.at)
        there = [str(one.get("id")) for one in rows]
        more = (items(self._ask(selection.module, names, there), "data", reader.numeric) for names in rest)
        whole, torn = groups.merged(rows, more)
        return Found(whole, torn, answer.at)

    def _ask(self, module: str, fields: Sequence[str], ids: Sequence[str]) -> Answer:
        params: dict[str, str | int] = {
            "fields": ",".join(fields),
            "ids": ",".join(ids),
            "per_page": len(ids),
            **_every(module),
        }
        return self._client.read(record_path(module), params)

    def _pages(
        self, selection: Selection, order: tuple[str, str], token: str | None, since: datetime | None
    ) -> Iterator[Page]:
        reader = self._reader(selection, Form.LIST)
        first = groups.field_groups(selection, FIELDS_PER_CALL)[0]
        params: dict[str, str | int] = {
            "fields": ",".join(first),
            "per_page": PER_PAGE,
            "sort_by": order[0],
            "sort_order": order[1],
            **_every(selection.module),
        }
        position: TokenPosition | None = TokenPosition(params, token)
        any_came = False
        while position is not None:
            answer = self._page(selection.module, position, since, any_came=any_came)
            rows = items(answer, "data", reader.numeric)
            position = position.after(answer.info)
            any_came = any_came or bool(rows)
            yield self._as_page(selection, reader, rows, position, answer)

    def _page(
        self, module: str, position: TokenPosition, since: datetime | None, *, any_came: bool
    ) -> Answer:
        try:
            return self._client.read(record_path(module), position.request(), modified_since=since)
        except Fatal as error:
            if not error.code.endswith(TOO_MANY):
                raise
            said = f"{module} holds more records than Zoho's record lists reach (100,000)."
            # To begin anew would come to the same end.
            kind = Fatal if any_came else NotOffered
            raise kind(said, "Let us use queries or bulk jobs: their scopes are in the README.") from None

    def _as_page(
        self,
        selection: Selection,
        reader: RecordReader,
        rows: groups.Rows,
        position: TokenPosition | None,
        answer: Answer,
    ) -> Page:
        after = position.token if position is not None else None
        never: list[str] = []
        _, *rest = groups.field_groups(selection, FIELDS_PER_CALL)
        if rest and rows:
            order = {str(one.get("id")): place for place, one in enumerate(rows)}
            whole, torn = groups.merged(
                rows, (self._group(selection.module, names, tuple(order), reader) for names in rest)
            )
            found = self.named(selection, reader, torn)
            rows, never = groups.in_order(whole + found.rows, order), found.torn
        records, unreadable = reader.objects(rows)
        return Page(records, unreadable + groups.restless(never), after, answer.at)

    def _group(
        self, module: str, names: Sequence[str], ids: Sequence[str], reader: RecordReader
    ) -> groups.Rows:
        """Further fields of a page's records."""
        return [
            row
            for some in chunks(ids, IDS_PER_CALL)
            for row in items(self._ask(module, names, some), "data", reader.numeric)
        ]


def _every(module: str) -> dict[str, str]:
    """Converted leads are left out of a list unless it asks for both."""
    return {"converted": "both"} if module == LEADS else {}
